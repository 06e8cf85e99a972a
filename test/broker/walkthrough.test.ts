import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { useWorld } from '../support/world.ts'

/*
 * The walk-through of "EMQ X 4.4, Redis backend", step by step with the rule lines as its readers
 * type them. Keys and values are compared as they would read them in redis-cli.
 */

const TIME = /^\d{10}$/

describe('step 1: who is online', () => {
  const world = useWorld({
    rules: `
backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}
backend.redis.hook.client.disconnected.1 = {"action": {"function": "on_client_disconnected"}, "pool": "pool1"}
`,
  })

  test('a client that connects is in exactly two keys, and is offline after it leaves', async () => {
    const { redis: { client: redis } } = world
    const sub = await world.connect('sub_client')
    const keys = await eventually('two keys', async () => {
      const found = await redis.keys('*')
      return found.length >= 2 ? found : undefined
    })
    expect(keys.sort()).toEqual(['mqtt:client:sub_client', 'mqtt:node:hookline@127.0.0.1'])

    const online = await redis.hgetall('mqtt:client:sub_client')
    expect(online).toEqual({ state: '1', online_at: expect.stringMatching(TIME), offline_at: 'undefined' })
    expect(Math.abs(Number(online['online_at']) - Date.now() / 1000)).toBeLessThan(10)
    expect(await redis.hgetall('mqtt:node:hookline@127.0.0.1')).toEqual({ sub_client: online['online_at'] })

    await sub.disconnect()
    await eventually('sub_client is offline', async () => await redis.hget('mqtt:client:sub_client', 'state') === '0')
    expect(await redis.hgetall('mqtt:client:sub_client')).toEqual({
      state: '0', online_at: online['online_at'], offline_at: expect.stringMatching(TIME),
    })
    expect(await redis.hgetall('mqtt:node:hookline@127.0.0.1')).toEqual({})
    expect(await redis.keys('*')).toEqual(['mqtt:client:sub_client'])
  })
})

describe('step 2: proxy subscription', () => {
  const world = useWorld({
    rules: `
backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}
backend.redis.hook.client.connected.2 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool1"}
`,
  })

  test('a client receives what mqtt:sub says, without a SUBSCRIBE of its own', async () => {
    await world.redis.client.hset('mqtt:sub:sub_client', 'sub_client/upstream', '1')
    await world.redis.client.hset('mqtt:sub:sub_client', 'sub_client/downlink', '1')
    const sub = await world.connect('sub_client')
    const pub = await world.connect('pub_client')
    // the lookup comes after CONNACK: publish until it has been done
    await eventually('a message at sub_client', async () => {
      await pub.publish('sub_client/downlink', 'hello', { qos: 1 })
      return sub.messages.length > 0
    })
    expect(sub.messages[0]).toEqual({ topic: 'sub_client/downlink', payload: 'hello', qos: 1, retain: false, dup: false })
  })
})

describe('step 3: every message in Redis', () => {
  const world = useWorld({
    rules: `
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
`,
  })

  test('seven QoS 2 messages are listed in the order of their publishing, each a hash of seven fields', async () => {
    const { redis: { client: redis } } = world
    const pub = await world.connect('pub_client')
    for (let i = 1; i <= 7; i++) await pub.publish('upstream_topic', `message ${i}`, { qos: 2 })

    const ids = await redis.zrange('mqtt:msg:upstream_topic', '0', '-1')
    expect(ids).toHaveLength(7)
    for (const [i, id] of ids.entries()) {
      const record = await redis.hgetall(`mqtt:msg:${id}`)
      expect(record).toEqual({
        id, from: 'pub_client', qos: '2', topic: 'upstream_topic', payload: `message ${i + 1}`,
        ts: expect.stringMatching(TIME), retain: 'false',
      })
      expect(Object.keys(record)).toEqual(['id', 'from', 'qos', 'topic', 'payload', 'ts', 'retain'])
      expect(id).toMatch(/^[0-9A-Za-z]{20}$/)
      expect(await redis.ttl(`mqtt:msg:${id}`)).toBeGreaterThan(3_500)
    }
    expect([...ids].sort()).toEqual(ids)
  })
})

describe('step 4: offline messages', () => {
  const FETCH = `
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.session.subscribed.2 = {"topic": "pubsub/#", "action": {"function": "on_message_fetch_for_pubsub"}, "pool": "pool1"}
`
  const ACK = `
backend.redis.hook.message.acked.1 = {"topic": "queue/#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.2 = {"topic": "pubsub/#", "action": {"function": "on_message_acked_for_pubsub"}, "pool": "pool1"}
`

  describe('with the acknowledgement rules', () => {
    const world = useWorld({ rules: FETCH + ACK })

    test('a queue message published while nobody listens arrives once and is then gone from Redis', async () => {
      const { redis: { client: redis } } = world
      const pub = await world.connect('pub_client')
      for (const payload of ['one', 'two', 'three']) await pub.publish('queue/t', payload, { qos: 1 })
      expect(await redis.zcard('mqtt:msg:queue/t')).toBe(3)

      const first = await world.connect('sub_client')
      await first.subscribe('queue/t', 1)
      await first.waitForCount(3)
      expect(first.payloads()).toEqual(['one', 'two', 'three'])
      await eventually('an empty queue', async () => await redis.exists('mqtt:msg:queue/t') === 0)
      const left = (await redis.keys('mqtt:msg:*')).filter((key) => key.length === 'mqtt:msg:'.length + 20)
      expect(left).toEqual([])
      await first.disconnect()

      // a later message shows that nothing older is on its way
      const second = await world.connect('sub_client')
      await second.subscribe('queue/t', 1)
      await pub.publish('queue/t', 'four', { qos: 1 })
      await second.waitForCount(1)
      expect(second.payloads()).toEqual(['four'])
    })

    test('pubsub messages arrive once at each of two subscribers, also after they reconnect', async () => {
      const pub = await world.connect('pub_client')
      for (const payload of ['one', 'two', 'three']) await pub.publish('pubsub/t', payload, { qos: 1 })
      for (const name of ['sub_a', 'sub_b']) {
        const sub = await world.connect(name)
        await sub.subscribe('pubsub/t', 1)
        await sub.waitForCount(3)
        expect(sub.payloads()).toEqual(['one', 'two', 'three'])
        const last = (await world.redis.client.zrange('mqtt:msg:pubsub/t', '0', '-1')).at(-1)
        await eventually('the position is the last message',
          async () => await world.redis.client.get(`mqtt:acked:${name}:pubsub/t`) === last)
        await sub.disconnect()
      }
      await pub.publish('pubsub/t', 'four', { qos: 1 })
      for (const name of ['sub_a', 'sub_b']) {
        const again = await world.connect(name)
        await again.subscribe('pubsub/t', 1)
        await again.waitForCount(1)
        expect(again.payloads()).toEqual(['four'])
      }
      // each of two subscribers: the messages stay
      expect(await world.redis.client.zcard('mqtt:msg:pubsub/t')).toBe(4)
    })
  })

  describe('without the acknowledgement rules, as the published file has it', () => {
    const world = useWorld({ rules: FETCH })

    test('messages published while nobody listens arrive at each later subscription', async () => {
      const pub = await world.connect('pub_client')
      for (const topic of ['queue/t', 'pubsub/t']) {
        for (const payload of ['one', 'two']) await pub.publish(topic, payload, { qos: 2 })
        for (const name of ['sub_a', 'sub_b']) {
          const sub = await world.connect(name)
          await sub.subscribe(topic, 1)
          await sub.waitForCount(2)
          expect(sub.payloads(), `${topic} at ${name}`).toEqual(['one', 'two'])
        }
      }
    })
  })
})

describe('step 5: retained messages', () => {
  const world = useWorld({
    rules: `
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "#", "action": {"function": "on_message_retain"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.3 = {"topic": "#", "action": {"function": "on_retain_delete"}, "pool": "pool1"}
backend.redis.hook.session.subscribed.3 = {"topic": "#", "action": {"function": "on_retain_lookup"}, "pool": "pool1"}
`,
  })

  test('a retained message is in Redis and reaches a later subscriber once, flagged; an empty one removes it', async () => {
    const { redis: { client: redis } } = world
    const pub = await world.connect('pub_client')
    await pub.publish('status', 'on', { qos: 1, retain: true })
    expect(await redis.hgetall('mqtt:retain:status')).toEqual({
      id: expect.stringMatching(/^[0-9A-Za-z]{20}$/), from: 'pub_client', qos: '1', topic: 'status', payload: 'on',
      ts: expect.stringMatching(TIME), retain: 'true',
    })

    const sub = await world.connect('sub_client')
    await sub.subscribe('status', 1)
    await sub.waitForCount(1)
    // what is published to a subscription that is there comes without the flag, and last
    await pub.publish('status', 'live', { qos: 1 })
    await sub.waitForCount(2)
    expect(sub.messages).toEqual([
      { topic: 'status', payload: 'on', qos: 1, retain: true, dup: false },
      { topic: 'status', payload: 'live', qos: 1, retain: false, dup: false },
    ])

    await pub.publish('status', '', { qos: 1, retain: true })
    expect(await redis.exists('mqtt:retain:status')).toBe(0)
    const late = await world.connect('late_client')
    await late.subscribe('status', 1)
    await pub.publish('status', 'again', { qos: 1 })
    await late.waitUntil((messages) => messages.some(({ payload }) => payload === 'again'))
    expect(late.payloads()).toEqual(['again'])
  })
})
