import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { InProcess } from '../../src/store/in-process.ts'
import { accepts } from '../../src/store/living-lock.ts'
import { until } from './redis-server.ts'

const BUILT = fileURLToPath(new URL('../../dist/store/', import.meta.url))

/** A server whose thread ends when somebody writes to it, by an error of its own, as a bug would. */
const FRAGILE = `
  import { createServer } from 'node:net'
  import { existsSync } from 'node:fs'
  import { parentPort, workerData } from 'node:worker_threads'
  if (existsSync(workerData.socketPath + '.broken')) throw new Error('cannot start')
  const server = createServer(socket => { socket.on('data', () => { setImmediate(() => { throw new Error('a bug') }) }) })
  server.listen(workerData.socketPath, () => { parentPort.postMessage('listening') })
`

let parent: string
let folder: string
let socketPath: string
let lines: string[]
const running = new Set<InProcess>()

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'hookline-in-process-'))
  // where it looks for its server, also from the bundle
  folder = join(parent, 'store')
  await mkdir(folder)
  socketPath = join(folder, 'redis.sock')
  lines = []
  await writeFile(join(folder, 'package.json'), '{"type": "module"}')
  const built = await readFile(join(BUILT, 'in-process.js'), 'utf8')
  // without the pointer to its source, which would be looked for
  await writeFile(join(folder, 'in-process.js'), built.replace(/^\/\/# sourceMappingURL.*/m, ''))
})
afterEach(async () => {
  for (const store of running) await store.stop()
  running.clear()
  await rm(parent, { recursive: true, force: true })
})

/** As built, in a folder of its own where no package is installed, on that server. */
async function start(server: string): Promise<InProcess | undefined> {
  await writeFile(join(folder, 'in-process-server.js'), server)
  // the built file of that source
  const { startInProcess } = await import(pathToFileURL(join(folder, 'in-process.js')).href) as typeof import('../../src/store/in-process.ts')
  const say = (_: object, message: string): void => { lines.push(message) }
  const store = await startInProcess(socketPath, { info: say, warn: say, error: say })
  if (store !== undefined) running.add(store)
  return store
}

async function breakIt(): Promise<void> {
  const socket = connect(socketPath)
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  socket.write('x')
  await closed
}

it('is none where its package is not installed', async () => {
  await copyFile(join(BUILT, 'in-process-server.js'), join(folder, 'real.js'))
  expect(await start("import './real.js'")).toBeUndefined()
})

it('says why it cannot start, when that is not for want of its package', async () => {
  await expect(start("throw new Error('a bug at the start')")).rejects.toThrow('a bug at the start')
  await expect(start("import 'another-package'")).rejects.toThrow('another-package')
})

it('is started again when its thread ends, and says that all is gone', async () => {
  await start(FRAGILE)
  for (let times = 1; times <= 2; times++) {
    await breakIt()
    await until(() => lines.length === 2 * times, 'back')
    expect(await accepts(socketPath)).toBe(true)
  }
  expect(lines.slice(0, 2)).toEqual([
    'the embedded store in this process ended, and what it held is gone: it is started again', 'the embedded store is back, empty',
  ])
})

it('is tried again until it starts', async () => {
  await start(FRAGILE)
  await writeFile(`${socketPath}.broken`, '')
  await breakIt()
  await until(() => lines.filter((line) => line === 'the embedded store does not start').length === 2, 'two attempts')
  await rm(`${socketPath}.broken`)
  await until(() => lines.includes('the embedded store is back, empty'), 'back')
})

it('leaves nothing behind when it is stopped, also while it is being started again', async () => {
  const store = await start(FRAGILE)
  await writeFile(`${socketPath}.broken`, '')
  await breakIt()
  await until(() => lines.includes('the embedded store does not start'), 'an attempt')
  await store?.stop()
  await expect(stat(socketPath)).rejects.toThrow('ENOENT')
})
