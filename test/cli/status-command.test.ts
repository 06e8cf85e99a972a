import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Status } from '../../src/server/status.ts'
import { eventually } from '../support/eventually.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { rule, rules } from '../support/rules.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'
import { Commands } from './commands.ts'

let redis: RedisServer
beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })

const RULES = rules(
  rule('client.connected.1', 'on_client_connected'),
  rule('session.subscribed.1', 'on_message_fetch_for_queue', 'queue/#'),
  rule('session.subscribed.2', 'on_retain_lookup', '#'),
  rule('message.publish.1', 'on_message_publish', 'queue/#'),
  rule('message.publish.2', 'on_message_publish', 'other/#'),
  rule('message.publish.3', ['RPUSH list ${payload}', 'RPUSH no-list ${payload}'], '#'),
  rule('message.acked.1', 'on_message_acked_for_queue', 'queue/#'),
)

test('shows what runs, what the rules have done, and what failed with its line', async () => {
  const commands = new Commands()
  await redis.client.set('no-list', 'is a text')
  const broker = await commands.start(`${RULES}backend.redis.pool1.server = 127.0.0.1:${redis.port}\nbackend.redis.pool1.password = hunter2\nnode.name = golden@host\n`)
  const subscriber = await connect(broker.port, 'subscriber', { clean: false })
  await subscriber.subscribe('queue/a', 1)
  const publisher = await connect(broker.port, 'publisher')
  for (const topic of ['queue/a', 'queue/a', 'other/a']) await publisher.publish(topic, 'a message')
  await subscriber.waitForCount(2)
  await eventually('all is acknowledged', async () => ruleOf(await json(commands), 'message.acked.1').done === 2)
  await commands.run('reload')

  const { code, out, err } = await commands.run('status')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).not.toContain('hunter2')
  expect(Math.max(...out.split('\n').map(line => line.length))).toBeLessThanOrEqual(100)
  expect(masked(out, broker.pid)).toBe(golden('status.out'))

  const status = await json(commands)
  expect(status).toMatchObject({
    version: expect.stringMatching(/^\d+\./), pid: broker.pid, node: 'golden@host', files: [broker.file], generation: 1,
    lastReload: { result: 'unchanged', trigger: 'command', diagnostics: expect.any(Array) },
    listeners: [{ kind: 'tcp', name: 'external', host: '127.0.0.1', port: broker.port }],
    connections: 2, sessions: { all: 2, persistent: 1, connected: 2 }, embedded: null,
    pools: [{ name: 'pool1', type: 'single', address: [`127.0.0.1:${redis.port}`], database: 0, connected: true, away: null, pendingBytes: 0, waiting: 0, sent: 0, draining: false }],
  })
  expect(ruleOf(status, 'message.publish.3')).toEqual({
    rule: 'message.publish.3', file: 'rules.conf', line: 6, pool: 'pool1', topic: '#', function: null,
    matched: 3, done: 0, failed: 3, lastError: expect.stringMatching(/^WRONGTYPE/),
  })
  expect(status.functions).toContainEqual({ function: 'on_message_publish', rules: 2, matched: 3, done: 3, failed: 0 })
})

test('shows a pool that is away, what waits for it, one that was replaced and drains, and what was counted', async () => {
  const commands = new Commands()
  const lost = await startRedis()
  onTestFinished(() => lost.stop())
  const pool = (port: number): string => `backend.redis.pool1.server = 127.0.0.1:${port}\n`
  const broker = await commands.start(`${rule('client.connected.1', 'on_client_connected')}\n${pool(lost.port)}listener.tcp.other = off\nmqtt.max_packet_size = 1KB\n`)
  await lost.kill()
  await eventually('the pool is away', async () => (await json(commands)).pools[0]?.away?.reason === 'connection refused')
  await connect(broker.port, 'someone')
  const tooLong = await connect(broker.port, 'someone else')
  tooLong.publish('a', 'x'.repeat(2_000)).catch(() => {})
  await tooLong.closed
  await eventually('it waits', async () => ((await json(commands)).pools[0]?.waiting ?? 0) >= 2)
  const { code } = await commands.runBeforeWatcher(broker, text => text.replace(String(lost.port), String(redis.port)), 'reload')
  expect(code).toBe(0)
  const { out } = await commands.run('status')
  // its columns are as wide as the time that it is away
  expect(masked(out, broker.pid).replace(/ {3,}/g, '   ')).toBe(golden('status-away.out'))
  const { pools } = await json(commands)
  expect(pools).toMatchObject([
    { address: [`127.0.0.1:${redis.port}`], connected: true, draining: false },
    { address: [`127.0.0.1:${lost.port}`], connected: false, draining: true, away: { reason: 'connection refused', since: expect.stringMatching(/^\d{4}-/) } },
  ])
})

test('a rule that moved in its file keeps its counts, one that does something else begins anew', async () => {
  const commands = new Commands()
  const broker = await commands.start(`${RULES}backend.redis.pool1.server = 127.0.0.1:${redis.port}\n`)
  const publisher = await connect(broker.port, 'publisher')
  await publisher.publish('queue/a', 'a message')
  await commands.runBeforeWatcher(broker, text => `# a comment\n${text.replace('RPUSH list', 'RPUSH another-list')}`, 'reload')
  const status = await json(commands)
  expect(ruleOf(status, 'message.publish.1')).toMatchObject({ line: 5, matched: 1, done: 1 })
  expect(ruleOf(status, 'message.publish.3')).toMatchObject({ line: 7, matched: 0, failed: 0, lastError: null })
})

test('shows the embedded store, and that there are no rules', async () => {
  const commands = new Commands()
  const embedded = await commands.start(`backend.redis.pool1.server = embedded\n${rule('message.publish.1', 'on_message_publish', '#')}\n`)
  const { out } = await commands.run('status')
  expect(out).toMatch(/^ {2}embedded +\S*data\/redis\.sock$/m)
  expect(out).toMatch(/^pool1 +embedded +connected +0 +0 B$/m)
  embedded.signal('SIGTERM')
  await embedded.exit
  await commands.start('')
  expect((await commands.run('status')).out).toMatch(/\n\nno rules\n$/)
})

function ruleOf({ rules: all }: Status, name: string): Status['rules'][number] {
  const found = all.find(({ rule: known }) => known === name)
  if (found === undefined) throw new Error(`no rule ${name}`)
  return found
}

async function json(commands: Commands): Promise<Status> {
  const { out } = await commands.run('status', '--json')
  return JSON.parse(out) as Status // what is tested
}

async function connect(...args: Parameters<typeof MqttClient.connect>): Promise<MqttClient> {
  const client = await MqttClient.connect(...args)
  onTestFinished(() => client.cut())
  return client
}

function golden(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}

/** What differs from run to run, in as many columns where it stands in a table. */
function masked(text: string, pid: number): string {
  return text
    .replace(/^hookline \d\S*,/, 'hookline VERSION,')
    .replace(String(pid), 'PID')
    .replace(/up [^,\n]+$/m, 'up TIME')
    .replace(/\d+ s ago/, 'TIME ago')
    .replace(/away for \d+ s/, 'away for N s')
    .replace(/(generation +\d+), [0-9a-f]{12}$/m, '$1, HASH')
    .replace(/(files +)\S+$/m, '$1FILE')
    .replace(/(memory +)\d+ MB$/m, '$1N MB')
    .replace(/(?<=127\.0\.0\.1:)\d{5}/g, 'PORT!')
}
