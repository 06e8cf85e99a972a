import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { askBroker, type BrokerAnswer } from '../../src/cli/ask-broker.ts'
import type { RecentLook } from '../../src/engine/recent-events.ts'
import type { Status } from '../../src/server/status.ts'
import type { PlanReport } from '../../src/simulate/plan-report.ts'
import { eventually } from '../support/eventually.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { rule, rules } from '../support/rules.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'
import { Commands, type RunningBroker } from './commands.ts'

let redis: RedisServer
beforeAll(async () => { redis = await startRedis() })
beforeEach(async () => { await redis.client.flushall() })
afterAll(async () => { await redis.stop() })

const pool = (): string => `backend.redis.pool1.server = 127.0.0.1:${redis.port}\n`

const BEFORE = rules(
  rule('client.connected.1', 'on_client_connected'),
  rule('client.disconnected.1', 'on_client_disconnected'),
  rule('session.subscribed.1', 'on_message_fetch_for_queue', 'a/#'),
  rule('message.publish.1', 'on_message_publish', 'a/#'),
  rule('message.publish.2', ['INCR count:${topic}', 'HSET last:${clientid} payload ${payload}'], 'a/+'),
  rule('message.acked.1', 'on_message_acked_for_queue', 'a/#'),
)
/** The filters of three rules are others, one rule is gone, and two are new. */
const AFTER = rules(
  rule('client.disconnected.1', 'on_client_disconnected'),
  rule('client.disconnected.2', ['LPUSH gone ${clientid}:${reason}']),
  rule('session.subscribed.1', 'on_message_fetch_for_queue', 'a/#'),
  rule('session.unsubscribed.1', ['INCR unsubscribed:${topic}']),
  rule('message.publish.1', 'on_message_publish', '#'),
  rule('message.publish.2', ['INCR count:${topic}', 'HSET last:${clientid} payload ${payload}', 'INCR all'], 'b/+'),
  rule('message.delivered.1', ['RPUSH delivered:${clientid} ${topic}'], 'a/1'),
  rule('message.acked.1', 'on_message_acked_for_queue', 'a/1'),
)

test('what a plan says is what is done when the file is loaded and the same happens again', { timeout: 120_000 }, async () => {
  const commands = new Commands()
  const broker = await commands.start(`${BEFORE}${pool()}`)
  const candidate = besides(broker, 'new.conf', BEFORE, AFTER)
  await traffic(commands, broker)
  const before = await doneBy(commands)
  const { code, out } = await commands.run('plan', '--json', candidate)
  expect(code).toBe(0)
  const { replay, generation, result } = JSON.parse(out) as PlanReport // what is tested
  expect({ generation, result }).toEqual({ generation: 1, result: 'changed' })
  const planned = (name: string) => replay?.rules.find((it) => it.rule === name) ?? { before: 0, after: 0, less: 0, more: 0 }

  // a ring that was saved says the same, and neither shows a payload
  const events = join(dirname(broker.file), 'events.json')
  writeFileSync(events, (await commands.run('status', '--events')).out)
  const { events: all } = JSON.parse(readFileSync(events, 'utf8')) as RecentLook // what was printed
  expect(new Set(all.map(({ hook }) => hook)).size).toBe(8)
  const saved = JSON.parse((await commands.run('plan', '--json', '--events', events, broker.file, candidate)).out) as PlanReport // what was printed
  expect(saved.replay?.rules).toEqual(replay?.rules)
  for (const text of [out, JSON.stringify(all)]) for (const payload of ['of a/1', Buffer.from('of a/1').toString('base64')]) expect(text).not.toContain(payload)

  // what is less is what was done
  expect(planned('client.connected.1')).toMatchObject({ before: 2 * before('client.connected.1'), less: 2 * before('client.connected.1'), after: 0 })
  expect(planned('message.publish.1')).toMatchObject({ before: 4 * before('message.publish.1'), less: 0 })
  expect(planned('message.publish.2')).toMatchObject({ before: 2 * before('message.publish.2'), less: 2 * before('message.publish.2') })
  expect(planned('message.acked.1')).toMatchObject({ before: 2 * before('message.acked.1') })
  expect(before('message.acked.1')).toBe(3)

  await commands.runBeforeWatcher(broker, () => readFileSync(candidate, 'utf8'), 'reload')
  await redis.client.config('RESETSTAT')
  const loaded = await doneBy(commands)
  await traffic(commands, broker)
  const after = await doneBy(commands)
  const done = (name: string): number => after(name) - loaded(name)

  // what comes after is what is done then: by the broker's own counts, and by those of Redis
  expect(planned('client.disconnected.2').after).toBe(done('client.disconnected.2'))
  expect(planned('session.unsubscribed.1').after).toBe(done('session.unsubscribed.1'))
  expect(planned('message.delivered.1').after).toBe(done('message.delivered.1'))
  expect(planned('message.publish.2').after).toBe(3 * done('message.publish.2'))
  expect(planned('message.publish.1').after).toBe(4 * done('message.publish.1'))
  expect(planned('message.acked.1').after).toBe(2 * done('message.acked.1'))
  const stats = await redis.client.info('commandstats')
  const calls = (name: string): number => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  expect(calls('lpush')).toBe(planned('client.disconnected.2').after)
  expect(calls('rpush')).toBe(planned('message.delivered.1').after)
  expect(calls('incr')).toBe(planned('session.unsubscribed.1').after + planned('message.publish.2').after / 3 * 2)
  expect([calls('lpush'), calls('rpush'), calls('incr')]).toEqual([2, 2, 5])
})

test('the plan is made with the variables and secrets of the broker, and shows none', { timeout: 60_000 }, async () => {
  const commands = new Commands()
  const broker = await commands.start(`${BEFORE}${pool()}`)
  writeFileSync(join(dirname(broker.file), 'secret'), 'hunter2')
  const candidate = besides(broker, 'new.conf', BEFORE, `backend.redis.pool1.password = \${file:secret}\n${BEFORE.replace('"a/#"', '"b/#"')}`)
  const { code, out, err } = await commands.run('plan', candidate)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain('~ pool1 is connected anew\n      password: none → one\n')
  expect(`${out}${(await commands.run('plan', '--json', candidate)).out}`).not.toContain('hunter2')
})

test('the broker says when and by what a key was last written', { timeout: 60_000 }, async () => {
  const commands = new Commands()
  const broker = await commands.start(`${BEFORE}${pool()}`)
  const client = await MqttClient.connect(broker.port, 'c')
  onTestFinished(() => client.cut())
  for (const topic of ['a/1', 'a/2']) await client.publish(topic, 'x')
  const lastWrite = (key: string) => ask(commands, 'POST', '/last-write', { key })
  expect(await lastWrite('last:c')).toMatchObject({ ok: true, body: { write: { rule: 'message.publish.2', does: 'writes', event: { topic: 'a/2', clientid: 'c' } }, events: 4 } })
  expect(await lastWrite('count:a/1')).toMatchObject({ ok: true, body: { write: { event: { topic: 'a/1' } } } })
  expect(await lastWrite('none')).toMatchObject({ ok: true, body: { write: null, events: 4 } })
  expect(await ask(commands, 'POST', '/last-write', {})).toMatchObject({ ok: false, why: 'refused' })
})

test('with events.keep_payload on, payloads are shown', { timeout: 60_000 }, async () => {
  const commands = new Commands()
  const broker = await commands.start(`${BEFORE}${pool()}events.keep_payload = on\n`)
  const client = await MqttClient.connect(broker.port, 'c')
  onTestFinished(() => client.cut())
  await client.publish('a/1', 'attack at dawn')
  expect((await commands.run('plan', '--json', besides(broker, 'new.conf', BEFORE, AFTER))).out).toContain('attack at dawn')
  expect((await commands.run('status', '--events')).out).toContain(Buffer.from('attack at dawn').toString('base64'))
})

/** Two clients come, one hears what the other says, and both go. Seven messages. */
async function traffic(commands: Commands, broker: RunningBroker): Promise<void> {
  const subscriber = await MqttClient.connect(broker.port, 'subscriber', { username: 'u' })
  const publisher = await MqttClient.connect(broker.port, 'publisher')
  await subscriber.subscribe('a/#', 1)
  await subscriber.subscribe('b/+', 1)
  for (const [topic, qos] of [['a/1', 1], ['a/1', 1], ['a/2/3', 2], ['a/4', 0], ['b/1', 1], ['b/2', 0], ['c', 1]] as const) await publisher.publish(topic, `of ${topic}`, { qos })
  await subscriber.waitForCount(6)
  await subscriber.unsubscribe('b/+')
  await publisher.disconnect()
  await subscriber.disconnect()
  await eventually('all of it is done', async () => {
    const { connections, pools } = await status(commands)
    return connections === 0 && pools.every(({ waiting, sent }) => waiting + sent === 0)
  })
}

/** How often each rule has done its work. */
async function doneBy(commands: Commands): Promise<(name: string) => number> {
  const { rules: all } = await status(commands)
  return (name) => all.find((it) => it.rule === name)?.done ?? 0
}

async function status(commands: Commands): Promise<Status> {
  const answer = await ask(commands, 'GET', '/status')
  if (!answer.ok) throw new Error(answer.sentence)
  return answer.body as Status // our own broker said so
}

/** Over the socket of the one broker, without a process of its own. */
function ask(commands: Commands, method: 'GET' | 'POST', path: string, body?: object): Promise<BrokerAnswer> {
  const folder = join(commands.runtime, 'hookline')
  const [socket = ''] = readdirSync(folder)
  return askBroker(join(folder, socket), { method, path, timeoutMs: 20_000, ...body === undefined ? {} : { body } })
}

/** A file beside the broker's own, with some of its lines replaced. */
function besides(broker: RunningBroker, name: string, lines: string, others: string): string {
  const file = join(dirname(broker.file), name)
  writeFileSync(file, readFileSync(broker.file, 'utf8').replace(lines, () => others))
  return file
}
