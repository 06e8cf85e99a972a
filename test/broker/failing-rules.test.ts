import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rule, rules } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({
  rules: rules(
    rule('message.publish.1', 'on_message_publish', '#'),
    rule('message.publish.2', ['RPUSH no-list ${clientid}'], 'command/#'),
    rule('message.publish.3', ['RPUSH list:${topic} ${payload}'], 'command/#'),
  ),
})

const FAILED = 'a rule failed; this cause is logged once, later failures are counted'

function lineOf(text: string): number {
  return readFileSync(world.broker.file, 'utf8').split('\n').findIndex((line) => line.includes(text)) + 1
}

test('a store that Redis refuses for good leaves its publisher unacknowledged and closed, and no one else', async () => {
  await world.redis.client.set('mqtt:msg:broken/topic', 'somebody else was here')
  const bystander = await world.connect('bystander')
  const acknowledged = Array.from({ length: 50 }, (_, i) => bystander.publish('whole/topic', String(i)))
  const unlucky = await world.connectWire('unlucky')
  unlucky.publish('broken/topic', 'hello', { messageId: 1 })
  await unlucky.closed
  expect(unlucky.all('puback')).toEqual([])
  await Promise.all(acknowledged)
  await bystander.publish('whole/topic', 'after')
  expect(await world.redis.client.zcard('mqtt:msg:whole/topic')).toBe(51)
  // nothing of the refused message is left
  expect(await world.redis.client.get('mqtt:msg:broken/topic')).toBe('somebody else was here')
})

test('a refusal is logged once for its rule and cause, with file and line, without the payload', async () => {
  await world.redis.client.set('mqtt:msg:broken/logged', 'x')
  for (let i = 0; i < 3; i++) {
    const unlucky = await world.connectWire(`unlucky-${i}`)
    unlucky.publish('broken/logged', 'a secret payload', { messageId: 1, qos: 2 })
    await unlucky.closed
  }
  await world.broker.waitForLog(FAILED, { where: (line) => line['rule'] === 'message.publish.1' })
  const lines = world.broker.log.filter((line) => line.msg === FAILED && line['rule'] === 'message.publish.1')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ file: world.broker.file, line: lineOf('message.publish.1'), cause: expect.stringContaining('WRONGTYPE') })
  expect(world.broker.stderr).not.toContain('a secret payload')
})

test('a command that fails is logged once; the message and the later rules go on', async () => {
  await world.redis.client.set('no-list', 'x')
  const sub = await world.connect('command-sub')
  await sub.subscribe('command/one', 1)
  const pub = await world.connect('command-pub')
  for (const payload of ['one', 'two', 'three']) await pub.publish('command/one', payload)
  await sub.waitForCount(3)
  expect(sub.payloads()).toEqual(['one', 'two', 'three'])
  expect(await world.redis.client.lrange('list:command/one', 0, -1)).toEqual(['one', 'two', 'three'])
  expect(await world.redis.client.zcard('mqtt:msg:command/one')).toBe(3)
  const lines = world.broker.log.filter((line) => line.msg === FAILED && line['rule'] === 'message.publish.2')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ line: lineOf('message.publish.2'), cause: expect.stringContaining('WRONGTYPE') })
})

test('a QoS 0 message to a topic that cannot be stored closes nobody', async () => {
  await world.redis.client.set('mqtt:msg:broken/zero', 'x')
  const pub = await world.connect('zero')
  await pub.publish('broken/zero', 'hello', { qos: 0 })
  await pub.publish('whole/zero', 'hello', { qos: 1 })
  expect(pub.connected).toBe(true)
})
