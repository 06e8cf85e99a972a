import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ListenError } from '../../src/server/runtime-port.ts'
import { cannotListen } from '../../src/server/start-failure.ts'
import { hookline, masked } from './hookline-process.ts'
import { tempFolder } from './temp-folder.ts'

const EMBEDDED = 'backend.redis.pool1.server = embedded\n'
const ANY_PORT = 'listener.tcp.external = 127.0.0.1:0\nlistener.ws.external = off\n'
const RULE = 'backend.redis.hook.message.publish.1 = '
  + '{"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}\n'

test('it says what runs where in at most ten lines, logs one line `ready`, and stops on SIGTERM with 0', async () => {
  const file = rulesFile(EMBEDDED + ANY_PORT + RULE)
  const it = hookline(['start', file])
  const [ready] = await it.lines('ready', 1)
  expect(ready).toMatchObject({
    level: 'info',
    node: 'hookline@127.0.0.1',
    generation: 1,
    rules: 1,
    hash: expect.stringMatching(/./),
    listeners: [{ kind: 'tcp', name: 'external', host: '127.0.0.1', port: expect.any(Number) }],
  })
  const greeting = await it.greeting()
  expect(greeting.trimEnd().split('\n').length).toBeLessThanOrEqual(10)
  await expect(masked(greeting)).toMatchFileSnapshot('start.out')
  it.signal('SIGTERM')
  expect(await it.exit).toBe(0)
})

test('each save of the file is one reload: a broken one is reported and changes nothing, the mended one is applied', async () => {
  const file = rulesFile(EMBEDDED + ANY_PORT + RULE)
  const it = hookline(['start', file])
  await it.lines('ready', 1)

  writeFileSync(file, EMBEDDED + ANY_PORT + RULE.replace('on_message_publish', 'on_message_publsh'))
  const [rejected] = await it.lines('reload rejected', 1)
  expect(rejected).toMatchObject({
    level: 'error', trigger: 'watch', result: 'rejected', generation: 1,
    diagnostics: [{ file, line: 4, check: 'unknown-function', severity: 'error' }],
  })

  writeFileSync(file, EMBEDDED + ANY_PORT + RULE.replace('a/#', 'b/#'))
  const [applied] = await it.lines('reload applied', 1)
  expect(applied).toMatchObject({ trigger: 'watch', generation: 2, rules: { added: [], removed: [], changed: ['message.publish.1'] } })

  it.signal('SIGHUP')
  const [unchanged] = await it.lines('reload unchanged', 1)
  expect(unchanged).toMatchObject({ trigger: 'signal', generation: 2 })
  expect(await it.lines('reload', 3)).toHaveLength(3)
})

test('a folder with an include, a secret in a file and a variable is one program, and a save of each part is taken over', async () => {
  const folder = tempFolder()
  mkdirSync(join(folder, 'parts'))
  writeFileSync(join(folder, 'main.conf'), `${EMBEDDED}include parts/*.conf\nnode.name = \${file:name}\n`)
  writeFileSync(join(folder, 'name'), 'n1\n')
  writeFileSync(join(folder, 'parts', 'rules.conf'), RULE)
  const it = hookline(['start', folder], { HOOKLINE_LISTENER__TCP__EXTERNAL: '0', HOOKLINE_LISTENER__WS__EXTERNAL: 'off', EMQX_NODE__COOKIE: 'hunter2' })
  expect(await it.lines('ready', 1)).toMatchObject([{ rules: 1, node: 'n1' }])
  expect(await it.lines('the environment has settings', 1)).toMatchObject([{ variables: ['EMQX_NODE__COOKIE', 'HOOKLINE_LISTENER__TCP__EXTERNAL', 'HOOKLINE_LISTENER__WS__EXTERNAL'] }])

  writeFileSync(join(folder, 'parts', 'more.conf'), RULE.replace('publish.1', 'publish.2'))
  expect(await it.lines('reload applied', 1)).toMatchObject([{ rules: { added: ['message.publish.2'], removed: [], changed: [] } }])
  writeFileSync(join(folder, 'parts', 'rules.conf'), RULE.replace('a/#', 'a/#/b'))
  expect(await it.lines('reload rejected', 1)).toMatchObject([{ diagnostics: [{ file: join(folder, 'parts', 'rules.conf'), line: 1, severity: 'error' }, { file: 'env', severity: 'warning' }] }])
  writeFileSync(join(folder, 'parts', 'rules.conf'), '')
  expect((await it.lines('reload rejected', 2))[1]).toMatchObject({ reason: expect.stringContaining('rules.conf is empty now') })
  writeFileSync(join(folder, 'parts', 'rules.conf'), RULE)
  await it.lines('reload unchanged', 1)
  writeFileSync(join(folder, 'name'), 'n2\n')
  expect((await it.lines('reload applied', 2))[1]).toMatchObject({ restart: ['node.name'] })
  expect(it.stdout() + it.stderr()).not.toContain('hunter2')
})

test('a file with mistakes is shown with them, exit 1', async () => {
  const file = rulesFile(EMBEDDED + RULE.replace('on_message_publish', 'on_message_publsh') + 'nonsense\n')
  const it = hookline(['start', file])
  expect(await it.exit).toBe(1)
  expect(it.stderr()).toContain(`${file}:2:`)
  expect(it.stderr()).toContain(`${file}:3:`)
  expect(it.stderr()).toContain('on_message_publsh')
  expect(it.stderr()).toContain('nothing was started')
  expectPlain(it.stderr())
  expect(it.stdout()).toBe('')
})

test('a file that is not there is said, exit 2', async () => {
  const it = hookline(['start', 'no-such.conf'])
  expect(await it.exit).toBe(2)
  expect(it.stderr()).toBe('hookline: cannot read the rules file no-such.conf: no such file\n')
})

test('a folder without rules files is said, exit 2', async () => {
  const it = hookline(['start', tempFolder()])
  expect(await it.exit).toBe(2)
  expect(it.stderr()).toContain('it is a folder, and has no *.conf')
})

test('a port in use is said with its setting, its line and what to do, exit 2', async () => {
  const port = await takenPort()
  const file = rulesFile(`${EMBEDDED}listener.tcp.external = 127.0.0.1:${port}\nlistener.ws.external = off\n${RULE}`)
  const it = hookline(['start', file])
  expect(await it.exit).toBe(2)
  expect(it.stderr()).toContain(`cannot listen on 127.0.0.1:${port}: something else listens there already`)
  expect(it.stderr()).toContain(`listener.tcp.external = 127.0.0.1:${port} (${file}:2)`)
  expect(it.stderr()).toContain(`such as: listener.tcp.external = 127.0.0.1:`)
  expectPlain(it.stderr())
})

test('a port in use that no line names is said with the setting of the default, and how to do without it', () => {
  const listener = { kind: 'ws', name: 'external', address: { host: '127.0.0.1', port: 8083 }, path: '/mqtt', tls: undefined, maxConnections: 100, maxConnRate: 100, origins: undefined, at: undefined } as const
  const taken = Object.assign(new Error('in use'), { code: 'EADDRINUSE' })
  expect(cannotListen(new ListenError(listener, taken), 'rules.conf').message)
    .toBe(`cannot listen on 127.0.0.1:8083: something else listens there already
  listener.ws.external = 127.0.0.1:8083 (the default, no line sets it)
  end what is there, or choose another address, in rules.conf such as: listener.ws.external = 127.0.0.1:8084
  who does not need it turns it off: listener.ws.external = off`)
})

test('a second broker on a machine goes without the WebSocket listener that no line asks for, and says so', async () => {
  const lines = `${EMBEDDED}listener.tcp.external = 127.0.0.1:0\n${RULE}`
  const first = hookline(['start', rulesFile(lines)])
  await first.lines('ready', 1)
  const second = hookline(['start', rulesFile(lines)])
  await second.lines('ready', 1)
  expect(await second.lines('MQTT over WebSocket is off', 1)).toMatchObject([{ listener: 'listener.ws.external', port: 8083 }])
})

test('a pool that no rule uses needs no Redis', async () => {
  const file = rulesFile(`${ANY_PORT}backend.redis.pool9.server = 127.0.0.1:${await freePort()}\n`)
  const it = hookline(['start', file])
  expect(await it.lines('ready', 1)).toMatchObject([{ rules: 0 }])
})

test('a stop while it waits for a Redis that says nothing ends it at once with 0', async () => {
  const mute = createServer().listen(0, '127.0.0.1')
  await once(mute, 'listening')
  onTestFinished(() => { mute.close() })
  const { port } = mute.address() as AddressInfo // of a TCP server
  const it = hookline(['start', rulesFile(`${ANY_PORT}backend.redis.pool1.server = 127.0.0.1:${port}\n${RULE}`)])
  await once(mute, 'connection')
  it.signal('SIGINT')
  expect(await it.exit).toBe(0)
})

/** What a user may see: no trace of where in the program it came from. */
function expectPlain(text: string): void {
  expect(text).not.toMatch(/^\s+at .*\d+:\d+\)?$/m)
}

function rulesFile(text: string): string {
  const file = join(tempFolder(), 'rules.conf')
  writeFileSync(file, text)
  return file
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => { server.close() })
  return (server.address() as AddressInfo).port // of a TCP server
}

/** Free when it was looked for. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // of a TCP server
  server.close()
  await once(server, 'close')
  return port
}
