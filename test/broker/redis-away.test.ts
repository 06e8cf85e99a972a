import { generate } from 'mqtt-packet'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({
  rules: rules(
    ...STORED,
    rule('client.connected.1', 'on_client_connected'),
    rule('client.disconnected.1', 'on_client_disconnected'),
  ),
})

/** SPEC 4.2: 0.4 of the keepalive. */
const KEEPALIVE_S = 5
const DEADLINE_MS = 2_000
/** "Back by itself". */
const BACK_MS = 2_000

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

test('a connection that was not read from while its pings were answered is read from again', async () => {
  const pub = await world.connectWire('pings-much')
  world.redis.freeze()
  const ping = generate({ cmd: 'pingreq' })
  const publish = (messageId: number): Buffer => generate({ cmd: 'publish', topic: 'queue/pings', payload: 'a', qos: 1, dup: false, retain: false, messageId })
  const many = Array.from({ length: 1_100 }, (_, i) => publish(i + 1))
  pub.sendBytes(Buffer.concat([ping, ping, ping, ...many]))
  for (let i = 0; i < 3; i++) await pub.next('pingresp')
  pub.sendBytes(publish(2_000))
  world.redis.thaw()
  await eventually('its last message is acknowledged', () => pub.all('puback').some(({ messageId }) => messageId === 2_000))
})

describe.each(['frozen', 'killed'] as const)('with Redis %s', (how) => {
  const { leave, comeBack } = AWAY[how]

  test('a publisher is not acknowledged, is closed at its deadline, and loses nothing by sending again', async () => {
    const topic = `queue/held/${how}`
    const clientid = `held-${how}`
    const pub = await world.connectWire(clientid, { clean: false, keepalive: KEEPALIVE_S })
    pub.publish(topic, 'before', { messageId: 1 })
    await pub.next('puback')

    await leave()
    const sentAt = Date.now()
    pub.publish(topic, 'one', { messageId: 2, qos: 1 })
    pub.publish(topic, 'two', { messageId: 3, qos: 2 })
    await pub.closed
    const heldMs = Date.now() - sentAt
    expect(pub.received.map(({ cmd }) => cmd)).toEqual(['connack', 'puback'])
    expect(heldMs).toBeGreaterThanOrEqual(DEADLINE_MS - 100)
    expect(heldMs).toBeLessThan(DEADLINE_MS + 1_500)

    await comeBack()
    const again = await world.connectWire(clientid, { clean: false })
    again.publish(topic, 'one', { messageId: 2, qos: 1, dup: true })
    again.publish(topic, 'two', { messageId: 3, qos: 2, dup: true })
    await again.next('puback', BACK_MS)
    await again.next('pubrec', BACK_MS)

    const sub = await world.connect(`sub-${clientid}`)
    await sub.subscribe(topic, 2)
    await sub.waitForCount(3)
    expect(sub.payloads()).toEqual(['before', 'one', 'two'])
  })

  test('a publisher that waits is acknowledged when it is back, within two seconds', async () => {
    const topic = `queue/waited/${how}`
    const pub = await world.connectWire(`waiting-${how}`)
    await leave()
    pub.publish(topic, 'one', { messageId: 1 })
    await pub.ping()
    await comeBack()
    const backAt = Date.now()
    await pub.next('puback', BACK_MS)
    expect(Date.now() - backAt).toBeLessThan(BACK_MS)
    expect(await world.redis.client.zcard(`mqtt:msg:${topic}`)).toBe(1)
  })

  test('QoS 0 arrives all the same, connects and subscribes go on', async () => {
    const topic = `free/zero/${how}`
    const pub = await world.connect(`zero-pub-${how}`)
    await leave()
    const sub = await world.connect(`zero-sub-${how}`)
    expect(await sub.subscribe(topic, 1)).toBe(1)
    await pub.publish(topic, 'hello', { qos: 0 })
    await sub.waitForCount(1, 5_000)
    expect(sub.payloads()).toEqual(['hello'])
    await comeBack()
  })

  test('acknowledgements and presence of the time away are put right', async () => {
    const topic = `queue/acks/${how}`
    const sub = await world.connectWire(`acking-${how}`, { clean: false })
    await sub.subscribe(topic, 1)
    const pub = await world.connect(`acks-pub-${how}`)
    await pub.publish(topic, 'one')
    const { messageId } = await sub.next('publish')
    await leave()
    sub.send({ cmd: 'puback', messageId })
    await sub.ping()
    sub.cut()
    await comeBack()
    const { client: redis } = world.redis
    await eventually('an empty queue', async () => await redis.exists(`mqtt:msg:${topic}`) === 0)
    await eventually('it is offline', async () => await redis.hget(`mqtt:client:acking-${how}`, 'state') === '0')
    const back = await world.connectWire(`acking-${how}`, { clean: false })
    await pub.publish(topic, 'two')
    expect((await back.next('publish')).payload.toString()).toBe('two')
    expect(back.all('publish')).toHaveLength(1)
  })

  test('a subscriber stays connected and gets what is published afterwards', async () => {
    const topic = `pubsub/stays/${how}`
    const sub = await world.connect(`stays-${how}`)
    await sub.subscribe(topic, 1)
    await leave()
    await comeBack()
    const pub = await world.connect(`stays-pub-${how}`)
    await pub.publish(topic, 'after')
    await sub.waitForCount(1, BACK_MS)
    expect(sub.payloads()).toEqual(['after'])
  })
})
