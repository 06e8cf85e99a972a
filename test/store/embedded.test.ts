import { execFile, fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EmbeddedFailure, startEmbedded, type EmbeddedStore } from '../../src/store/embedded.ts'
import { poolOf, poolSpec } from './pool-kit.ts'
import { until } from './redis-server.ts'

let built: string
let folder: string
let dataDir: string
let lines: string[]
const stores = new Set<EmbeddedStore>()
const brokers = new Set<ChildProcess>()

beforeAll(async () => { built = await compileBroker() })
afterAll(async () => { await rm(built, { recursive: true, force: true }) })
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hookline-embedded-'))
  dataDir = join(folder, 'my "data" folder')
  lines = []
})
afterEach(async () => {
  for (const broker of brokers) broker.kill('SIGKILL')
  brokers.clear()
  for (const store of stores) await store.stop()
  stores.clear()
  await rm(folder, { recursive: true, force: true })
})

async function start(more: { dataDir?: string } = {}): Promise<EmbeddedStore> {
  const say = (_: object, message: string): void => { lines.push(message) }
  const store = await startEmbedded({ dataDir, log: { info: say, warn: say, error: say }, ...more })
  stores.add(store)
  return store
}

async function ask<T>(store: { socketPath: string }, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ path: store.socketPath })
  try {
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** What a broker is to its store: a process that starts it, and ends by `exit` or is killed. */
const BROKER = `
  import { startEmbedded } from './store/embedded.js'
  const log = { info() {}, warn() {}, error() {} }
  const store = await startEmbedded({ dataDir: process.argv[2], log })
  process.on('message', () => { process.exit(0) })
  process.send({ pid: store.pid })
`

/** Compiles the store for a process of its own; Node 20 does not run TypeScript. */
async function compileBroker(): Promise<string> {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const built = await mkdtemp(join(tmpdir(), 'hookline-broker-'))
  await symlink(join(root, 'node_modules'), join(built, 'node_modules'))
  await writeFile(join(built, 'package.json'), '{"type": "module"}')
  await writeFile(join(built, 'broker.js'), BROKER)
  await promisify(execFile)(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'), '--ignoreConfig', '--noCheck', '--outDir', built, '--rootDir', join(root, 'src'),
    '--target', 'es2023', '--module', 'nodenext', '--rewriteRelativeImportExtensions', '--verbatimModuleSyntax',
    '--types', 'node', '--skipLibCheck', join(root, 'src/store/embedded.ts'),
  ], { cwd: root })
  return built
}

async function startBroker(): Promise<{ broker: ChildProcess, serverPid: number }> {
  const broker = fork(join(built, 'broker.js'), [dataDir], { execArgv: [] })
  brokers.add(broker)
  const [said] = await once(broker, 'message') as [{ pid: number }] // what the script above sends
  return { broker, serverPid: said.pid }
}

describe('the embedded store', () => {
  it('listens on a Unix socket alone, in a folder of this user, and writes each change to disk', async () => {
    const store = await start()
    expect(store.socketPath).toBe(join(dataDir, 'redis.sock'))
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
    expect((await stat(store.socketPath)).mode & 0o777).toBe(0o700)
    const config = (name: string): Promise<unknown> => ask(store, (redis) => redis.config('GET', name))
    expect(await Promise.all(['port', 'appendonly', 'appendfsync', 'save', 'dir'].map(config))).toEqual([
      ['port', '0'], ['appendonly', 'yes'], ['appendfsync', 'always'], ['save', ''], ['dir', dataDir],
    ])
    expect(await readFile(join(dataDir, 'redis.log'), 'utf8')).toMatch(/ready to accept connections/i)
  })

  it('keeps its data from one start to the next, and frees the folder when it stops', async () => {
    const first = await start()
    await ask(first, (redis) => redis.set('k', 'v'))
    const { pid } = first
    await first.stop()
    expect(isAlive(pid)).toBe(false)
    expect(await ask(await start(), (redis) => redis.get('k'))).toBe('v')
  })

  it('serves a pool', async () => {
    const { socketPath } = await start()
    const { pool } = poolOf({ ...poolSpec(1), server: 'embedded' }, socketPath)
    await pool.whenReady(5_000)
    expect(pool.ready).toBe(true)
    await pool.close()
  })

  it('uses a short path elsewhere if the socket of the folder would have too long a one', async () => {
    const long = join(folder, 'x'.repeat(60), 'y'.repeat(60))
    const store = await start({ dataDir: long })
    expect(Buffer.byteLength(store.socketPath)).toBeLessThanOrEqual(100)
    expect(await ask(store, (redis) => redis.ping())).toBe('PONG')
    await expect(start({ dataDir: long })).rejects.toThrow(/another running hookline/)
  })

  it('is started again when its server dies, with its data, and says so once', async () => {
    const store = await start()
    await ask(store, (redis) => redis.set('k', 'v'))
    const { pid } = store
    process.kill(pid ?? 0, 'SIGKILL')
    await until(() => store.pid !== pid && lines.length === 2, 'started again')
    expect(lines).toEqual(['the embedded redis-server ended: it is started again', 'the embedded redis-server is back'])
    expect(await ask(store, (redis) => redis.get('k'))).toBe('v')
  })

  it('stops while its server is being started again', async () => {
    const store = await start()
    process.kill(store.pid ?? 0, 'SIGKILL')
    await until(() => lines.length > 0, 'noticed')
    await store.stop()
    expect(isAlive(store.pid)).toBe(false)
  })

  it('refuses a folder that another living broker uses, in this process or another', async () => {
    await start()
    const error = await start().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(EmbeddedFailure)
    expect(error).toMatchObject({ reason: 'in-use', message: `another running hookline uses the data folder ${dataDir}` })
    for (const store of stores) await store.stop()

    const { broker } = await startBroker()
    await expect(start()).rejects.toThrow(/another running hookline/)
    broker.send('exit')
    await once(broker, 'exit')
    await start()
  })

  it('ends the server that a killed broker left behind, and has its data', async () => {
    const { broker, serverPid } = await startBroker()
    await ask({ socketPath: join(dataDir, 'redis.sock') }, (redis) => redis.set('k', 'v'))
    const gone = once(broker, 'exit')
    broker.kill('SIGKILL')
    await gone
    const store = await start()
    expect(store.pid).not.toBe(serverPid)
    expect(lines).toEqual(['a redis-server of an earlier run still has the data folder: it is ended'])
    expect(await ask(store, (redis) => redis.get('k'))).toBe('v')
    expect(await ask(store, (redis) => redis.client('LIST'))).toContain('id=')
  })

  it('ends with its broker when that exits', async () => {
    const { broker } = await startBroker()
    const gone = once(broker, 'exit')
    broker.send('exit')
    await gone
    const redis = new Redis({ path: join(dataDir, 'redis.sock'), retryStrategy: null })
    const failed = once(redis, 'error').then(() => 'refused', () => 'refused')
    await until(async () => await Promise.race([failed, redis.ping().then(() => 'there', () => 'refused')]) === 'refused', 'ended')
    redis.disconnect()
    expect((await start()).pid).toBeDefined()
    expect(lines).toEqual([])
  })

  it('does not hear the terminal that its broker was started in', async () => {
    const store = await start()
    const group = /^\d+ \(.*\) \S \d+ (\d+)/s.exec(await readFile(`/proc/${store.pid}/stat`, 'latin1'))?.[1]
    expect(Number(group)).toBe(store.pid)
  })

  it('says why its server does not start', async () => {
    await start().then((store) => store.stop())
    const broken = join(dataDir, 'appendonlydir', 'appendonly.aof.manifest')
    await rm(broken, { force: true })
    await mkdir(broken)
    await expect(start()).rejects.toMatchObject({ reason: 'failed' })
    await rm(broken, { recursive: true })
    await start()
  })
})
