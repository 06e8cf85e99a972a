import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rule } from '../support/rules.ts'
import { freePort, startRedis, type RedisServer } from '../store/redis-server.ts'
import { Commands } from './commands.ts'

let redis: RedisServer
let rules: string
beforeAll(async () => {
  redis = await startRedis()
  rules = `backend.redis.pool1.server = 127.0.0.1:${redis.port}\n`
    + `${rule('message.publish.1', 'on_message_publish', 'a/#')}\n${rule('message.publish.2', 'on_message_retain', 'a/#')}\n${rule('message.publish.4', 'on_retain_delete', 'a/#')}\n`
})
afterAll(async () => { await redis.stop() })

test('what the files say already is unchanged, exit 0', async () => {
  const commands = new Commands()
  const broker = await commands.start(rules)
  expect(await commands.run('reload')).toMatchObject({ code: 0, err: '', out: 'reload unchanged: generation 1 is what the files say\n' })
  expect(await commands.runBeforeWatcher(broker, text => `# a comment\n${text}`, 'reload')).toMatchObject({ code: 0, out: expect.stringContaining('unchanged') })
})

test('a change is applied before it returns, with all that it changes, exit 0', async () => {
  const commands = new Commands()
  const broker = await commands.start(rules)
  const { code, out } = await commands.runBeforeWatcher(broker, text => text
    .replace('message.publish.2', 'message.publish.3').replace('a/#', 'b/#')
    .replace('pool1.server', 'pool1.database = 3\nbackend.redis.pool1.server')
    .replace('listener.tcp.external', 'listener.tcp.second = 127.0.0.1:0\nlistener.tcp.external'), 'reload')
  expect(code).toBe(0)
  expect(out.replace(/\d+ ms/, 'N ms')).toBe(`reload applied: generation 2 runs, after N ms
  rules: added message.publish.3; removed message.publish.2; changed message.publish.1
  pools: changed pool1
  after a restart: listener.tcp.second
`)
  expect(await broker.lines('reload', 1)).toMatchObject([{ trigger: 'command', result: 'applied' }])
})

test('a mistake is shown with its line and without secrets, everything runs on, exit 1', async () => {
  const commands = new Commands()
  const broker = await commands.start(rules)
  const { code, out, err } = await commands.runBeforeWatcher(broker, text => text
    .replace('on_message_retain', 'on_message_retian')
    .replace('pool1.server', 'pool1.password hunter2\nbackend.redis.pool1.server'), 'reload')
  expect({ code, err }).toEqual({ code: 1, err: '' })
  expect(out).not.toContain('hunter2')
  expect(out.replace(dirname(broker.file), 'FOLDER')).toBe(readFileSync(new URL('reload-rejected.out', import.meta.url), 'utf8'))
  expect(await commands.run('status', '--json').then(status => JSON.parse(status.out) as object)).toMatchObject({ generation: 1, lastReload: { result: 'rejected' } })
})

test('a pool that is not there is said, exit 1', async () => {
  const commands = new Commands()
  const broker = await commands.start(rules)
  const nowhere = await freePort()
  const { code, out } = await commands.runBeforeWatcher(broker, text => text.replace(String(redis.port), String(nowhere)), 'reload')
  expect(code).toBe(1)
  expect(out).toBe(`reload rejected: the Redis of pool1 (rules.conf:1) is not there: connection refused; generation 1 runs on\n`)
})

test('a file that was emptied on purpose is applied', async () => {
  const commands = new Commands()
  const broker = await commands.start(rules)
  expect(await commands.runBeforeWatcher(broker, () => '', 'reload')).toMatchObject({
    code: 0, out: expect.stringContaining('rules: removed message.publish.1, message.publish.2, message.publish.4\n'),
  })
})

test('--json is the report', async () => {
  const commands = new Commands()
  const broker = await commands.start(rules)
  const { code, out } = await commands.runBeforeWatcher(broker, text => text.replace('on_message_retain', 'on_message_retian'), 'reload', '--json')
  expect(code).toBe(1)
  expect(JSON.parse(out)).toEqual({
    trigger: 'command', result: 'rejected', generation: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/), reason: 'the rules have errors',
    rules: { added: [], removed: [], changed: [] }, pools: { added: [], removed: [], changed: [] }, restart: [],
    diagnostics: [expect.objectContaining({ file: 'rules.conf', line: 3, severity: 'error', check: 'unknown-function' })],
    tookMs: expect.any(Number),
  })
})
