import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { openControl } from '../../src/server/control.ts'
import { brokerSockets, controlFolder, socketName } from '../../src/server/control-folder.ts'
import { refusal, type Route } from '../../src/server/serve-routes.ts'
import { silentLog } from './silent-log.ts'
import { tempFolder } from './temp-folder.ts'

/** What the tests of this run share; not what this file looks at. */
const SHARED = process.env['XDG_RUNTIME_DIR']
beforeEach(() => { vi.stubEnv('XDG_RUNTIME_DIR', tempFolder()) })
afterEach(() => { vi.unstubAllEnvs() })

test('the tests have a runtime folder of their own', () => {
  expect(SHARED).toContain(tmpdir())
})

test.each([
  ['is not set', undefined],
  ['is not absolute', 'run/user'],
  ['is too long for a socket in it', `/tmp/${'long'.repeat(20)}`],
])('where XDG_RUNTIME_DIR %s, the folder is in the temporary one and has the name of the user', (_, value) => {
  vi.stubEnv('XDG_RUNTIME_DIR', value)
  expect(controlFolder()).toBe(join(tmpdir(), `hookline-${process.getuid?.()}`))
})

test('the folder is its user\'s alone, and so is the socket', async () => {
  await open()
  expect(statSync(controlFolder()).mode & 0o777).toBe(0o700)
  expect(statSync(join(controlFolder(), socketName('boot'))).mode & 0o777).toBe(0o600)
  expect(await brokerSockets()).toEqual([{ path: join(controlFolder(), socketName('boot')), pid: process.pid }])
})

test('without a folder there are no brokers', async () => {
  expect(await brokerSockets()).toEqual([])
})

test.each([
  ['others may write in', () => { mkdirSync(controlFolder(), { recursive: true }); chmodSync(controlFolder(), 0o777) }],
  ['is a link', () => { symlinkSync(tempFolder(), controlFolder()) }],
])('a folder that %s is used by no broker and no command', async (_, make) => {
  make()
  writeFileSync(join(controlFolder(), socketName('boot')), '')
  const lines: string[] = []
  const control = await openControl({ boot: 'other', routes: [], log: { ...silentLog, warn: (_fields, line) => { lines.push(line) } } })
  expect(lines).toEqual([expect.stringContaining('there is no control socket')])
  await control.close()
  await expect(brokerSockets()).rejects.toThrow('is not a folder of this user alone')
})

test('a socket that nobody listens on is removed, by a broker that starts and by whoever looks', async () => {
  await open()
  for (const look of [() => open('second'), () => brokerSockets()]) {
    const dead = join(controlFolder(), 'broker-1-dead.sock')
    await leaveDead(dead)
    expect(existsSync(dead)).toBe(true)
    await look()
    expect(existsSync(dead)).toBe(false)
  }
})

test('other files in the folder are let be', async () => {
  await open()
  writeFileSync(join(controlFolder(), 'notes.sock'), '')
  expect(await brokerSockets()).toHaveLength(1)
  expect(existsSync(join(controlFolder(), 'notes.sock'))).toBe(true)
})

test('closing removes the socket, at once, also while somebody waits for an answer', async () => {
  let asked = 0
  const never = { method: 'GET', path: '/never', answer: () => { asked++; return new Promise<never>(() => {}) } } as const
  const control = await open('boot', [never])
  const cutOff = ask('GET', '/never').catch(String)
  const idle = connect(join(controlFolder(), socketName('boot')))
  await once(idle, 'connect')
  const gone = once(idle, 'close')
  await vi.waitFor(() => { expect(asked).toBe(1) })
  await control.close()
  expect(readdirSync(controlFolder())).toEqual([])
  expect(await cutOff).toContain('socket hang up')
  await gone
})

const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/what', answer: () => ({ status: 200, body: { is: 'this' } }) },
  { method: 'POST', path: '/echo', answer: (body) => ({ status: 200, body: { body } }) },
  { method: 'GET', path: '/no', answer: () => refusal(409, 'not now') },
  { method: 'GET', path: '/bug', answer: () => { throw new Error('a bug') } },
]

test.each([
  ['GET', '/what', undefined, 200, { is: 'this' }],
  ['GET', '/what?more', undefined, 200, { is: 'this' }],
  ['POST', '/echo', '{"a": [1]}', 200, { body: { a: [1] } }],
  ['POST', '/echo', undefined, 200, {}],
  ['POST', '/echo', '{"a": [1', 400, { error: 'what was sent is no JSON' }],
  ['GET', '/no', undefined, 409, { error: 'not now' }],
  ['GET', '//nowhere', undefined, 404, { error: 'hookline knows no //nowhere' }],
  ['GET', '/echo', undefined, 405, { error: '/echo takes POST' }],
  ['GET', '/bug', undefined, 500, { error: 'hookline has a bug; its log says more' }],
] as const)('%s %s with %s is answered with %i', async (method, path, body, status, answer) => {
  const errors: string[] = []
  await open('boot', ROUTES, errors)
  expect(await ask(method, path, body)).toEqual({ status, answer })
  expect(errors).toHaveLength(status === 500 ? 1 : 0)
})

test('more than a body may have is not read', async () => {
  await open('boot', ROUTES)
  const answer = await ask('POST', '/echo', JSON.stringify('x'.repeat(5_000_000))).catch(() => ({ status: 413 }))
  expect(answer.status).toBe(413)
  expect(await ask('POST', '/echo', JSON.stringify('x'.repeat(4_000_000)))).toMatchObject({ status: 200 })
  // who does not say how much it will be is cut off
  const unsaid = request({ socketPath: join(controlFolder(), socketName('boot')), method: 'POST', path: '/echo', agent: false })
  const cutOff = once(unsaid, 'error')
  unsaid.on('response', (response) => { unsaid.destroy(new Error(`answered with ${response.statusCode}`)) })
  unsaid.write('"')
  for (let i = 0; i < 6; i++) unsaid.write('x'.repeat(1_000_000))
  unsaid.end('"')
  expect(String(await cutOff)).not.toContain('200')
})

test('whoever goes away while it speaks is no error, and disturbs nobody', async () => {
  const errors: string[] = []
  await open('boot', ROUTES, errors)
  const client = connect(join(controlFolder(), socketName('boot')))
  await once(client, 'connect')
  client.write('POST /echo HTTP/1.1\r\nHost: hookline\r\nContent-Length: 100\r\n\r\n{"half": ')
  expect(await ask('GET', '/what')).toMatchObject({ status: 200 })
  client.destroy()
  await once(client, 'close')
  expect(await ask('GET', '/what')).toMatchObject({ status: 200 })
  expect(errors).toEqual([])
})

async function open(boot = 'boot', routes: readonly Route[] = [], errors: string[] = []): ReturnType<typeof openControl> {
  const control = await openControl({ boot, routes, log: { ...silentLog, error: (_, line) => { errors.push(line) } } })
  onTestFinished(() => control.close())
  return control
}

function ask(method: string, path: string, body?: string): Promise<{ readonly status: number | undefined, readonly answer: unknown }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(controlFolder(), socketName('boot')), method, path, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => { text += part })
      response.on('end', () => { resolve({ status: response.statusCode, answer: JSON.parse(text) }) })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** What a killed broker leaves: the file of a socket, and nobody behind it. */
async function leaveDead(path: string): Promise<void> {
  const server = createServer().listen(`${path}.made`)
  await once(server, 'listening')
  await rename(`${path}.made`, path)
  server.close()
  await once(server, 'close')
}
