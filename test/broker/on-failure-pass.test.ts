import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({
  rules: rules(
    ...STORED,
    rule('message.publish.2', ['INCR count:${topic}'], 'counted/#'),
    'backend.redis.pool1.on_failure = pass',
  ),
})

/** SPEC 4.2: 0.4 of the keepalive. */
const KEEPALIVE_S = 5
const DEADLINE_MS = 2_000

const AWAY = {
  frozen: { leave: async () => { world.redis.freeze() }, comeBack: async () => { world.redis.thaw() } },
  killed: { leave: () => world.redis.kill(), comeBack: () => world.redis.start() },
}

afterEach(async () => {
  // a test that failed in between leaves it away
  world.redis.thaw()
  if (await world.redis.client.ping().then(() => true, () => false)) return
  await world.redis.start()
})

describe.each(['frozen', 'killed'] as const)('with Redis %s and a pool that passes', (how) => {
  const { leave, comeBack } = AWAY[how]

  test('a publisher is acknowledged in time, its connection stays, and connected subscribers have each message once', async () => {
    for (const kind of ['queue', 'pubsub'] as const) {
      const topic = `${kind}/passed/${how}`
      const sub = await world.connect(`${kind}-sub-${how}`)
      await sub.subscribe(topic, 2)
      const pub = await world.connectWire(`${kind}-pub-${how}`, { keepalive: KEEPALIVE_S })
      pub.publish(topic, 'before', { messageId: 1 })
      await pub.next('puback')
      await sub.waitForCount(1)

      await leave()
      pub.publish(topic, 'one', { messageId: 2, qos: 1 })
      await pub.next('puback', DEADLINE_MS + 1_500)
      pub.publish(topic, 'two', { messageId: 3, qos: 2 })
      await pub.next('pubrec', DEADLINE_MS + 1_500)
      await sub.waitForCount(3)

      await comeBack()
      pub.publish(topic, 'after', { messageId: 4, qos: 1 })
      await pub.next('puback', 10_000)
      await sub.waitForCount(4)
      expect(sub.payloads()).toEqual(['before', 'one', 'two', 'after'])
      await sub.cut()
    }
  })

  test('a persistent session that is away gets it when it comes, once', async () => {
    const topic = `queue/kept/${how}`
    const first = await world.connect(`kept-${how}`, { clean: false })
    await first.subscribe(topic, 1)
    await first.cut()
    const pub = await world.connectWire(`kept-pub-${how}`, { keepalive: KEEPALIVE_S })
    await leave()
    pub.publish(topic, 'one', { messageId: 1 })
    await pub.next('puback', DEADLINE_MS + 1_500)
    await comeBack()
    pub.publish(topic, 'two', { messageId: 2 })
    await pub.next('puback', 10_000)

    const again = await world.connect(`kept-${how}`, { clean: false })
    await again.waitForCount(2)
    expect([...again.payloads()].sort()).toEqual(['one', 'two'])
    await eventually('an empty queue', async () => await world.redis.client.zcard(`mqtt:msg:${topic}`) === 0)
  })

  test('a command is run at most once', async () => {
    const topic = `counted/${how}`
    const pub = await world.connectWire(`counted-pub-${how}`, { keepalive: KEEPALIVE_S })
    await leave()
    pub.publish(topic, 'one', { messageId: 1 })
    await pub.next('puback', DEADLINE_MS + 1_500)
    await comeBack()
    await eventually('later ones are counted', async () => {
      pub.publish(topic, 'later', { messageId: 2, qos: 1 })
      await pub.next('puback', 10_000)
      return await world.redis.client.exists(`count:${topic}`) === 1
    })
    const acknowledged = pub.all('puback').length
    expect(Number(await world.redis.client.get(`count:${topic}`))).toBeLessThanOrEqual(acknowledged)
  })
})
