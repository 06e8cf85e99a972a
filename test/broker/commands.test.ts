import { expect, test } from 'vitest'
import { rule, rules } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({
  rules: rules(
    rule('message.publish.1', [
      'HSET last:${topic} from ${clientid} payload ${payload}',
      'HSET joined:${topic} ${clientid}/${topic} <${payload}>',
      'RPUSH "quoted key:${topic}" "two words ${qos}"',
    ], '#'),
    rule('message.publish.2', ['HSET whole:${topic} ${message}'], '#'),
    rule('message.acked.1', ['HSET ack:${clientid} ${topic} ${msgid}'], '#'),
  ),
})

/** What would change a command if it were ever pasted into one. */
const HOSTILE = [
  ['spaces', 'a b  c'],
  ['line ends', 'x\r\nDEL victim\r\n'],
  ['a quote', 'say "no" \\ and \'so\''],
  ['a placeholder', '${clientid} ${payload} %c'],
  ['other letters', 'żółć 温度'],
] as const

test.each(HOSTILE)('%s in a client id, topic and payload stay one argument', async (_name, text) => {
  const { client: redis } = world.redis
  await redis.set('victim', 'alive')
  const clientid = `id ${text}`
  const topic = `t/${text}`
  const pub = await world.connect(clientid)
  await pub.publish(topic, text, { qos: 1 })
  expect(await redis.hgetall(`last:${topic}`)).toEqual({ from: clientid, payload: text })
  expect(await redis.hgetall(`joined:${topic}`)).toEqual({ [`${clientid}/${topic}`]: `<${text}>` })
  expect(await redis.lrange(`quoted key:${topic}`, 0, -1)).toEqual(['two words 1'])
  expect(await redis.get('victim')).toBe('alive')
})

test('payload bytes that are no text arrive as they are', async () => {
  const bytes = Buffer.from([0, 1, 2, 0x0d, 0x0a, 0x20, 0x80, 0xfe, 0xff])
  const pub = await world.connect('bytes')
  await pub.publish('bytes', bytes)
  expect(await world.redis.client.hgetBuffer('last:bytes', 'payload')).toEqual(bytes)
  expect(await world.redis.client.hgetBuffer('whole:bytes', 'payload')).toEqual(bytes)
})

test('an empty payload is an empty argument', async () => {
  const pub = await world.connect('empty')
  await pub.publish('empty', '')
  expect(await world.redis.client.hgetall('last:empty')).toEqual({ from: 'empty', payload: '' })
})

test('the placeholder message is seven fields and their values', async () => {
  const pub = await world.connect('whole')
  await pub.publish('whole', 'all of it', { qos: 2 })
  expect(await world.redis.client.hgetall('whole:whole')).toEqual({
    id: expect.stringMatching(/^[0-9A-Za-z]{20}$/), from: 'whole', qos: '2', topic: 'whole', payload: 'all of it',
    ts: expect.stringMatching(/^\d{10}$/), retain: 'false',
  })
})

test('message.acked runs for a subscriber of a wildcard, with the message id of the publish', async () => {
  const sub = await world.connect('acker')
  await sub.subscribe('acks/#', 1)
  const pub = await world.connect('acks-pub')
  await pub.publish('acks/one', 'hello', { qos: 1 })
  await sub.waitForCount(1)
  await expect.poll(() => world.redis.client.hget('ack:acker', 'acks/one'), { timeout: 10_000 })
    .toBe(await world.redis.client.hget('whole:acks/one', 'id'))
})

test('commands of one connection run in the order of its messages', async () => {
  const pub = await world.connect('ordered')
  await Promise.all(Array.from({ length: 200 }, (_, i) => pub.publish('ordered', String(i), { qos: i % 3 === 0 ? 2 : 1 })))
  expect(await world.redis.client.hget('last:ordered', 'payload')).toBe('199')
})
