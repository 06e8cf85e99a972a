import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rules, STORED } from '../support/rules.ts'
import type { Connected } from '../support/wire-connection.ts'
import { useWorld } from '../support/world.ts'

const WINDOW = 5
const world = useWorld({ rules: rules(`mqtt.max_inflight = ${WINDOW}`, ...STORED) })

const persistent = { clean: false }

/** Publishes `1` to `count` and waits for all acknowledgements. */
async function publishNumbers(topic: string, count: number, qos: 1 | 2 = 1): Promise<void> {
  const pub = await world.connect(`pub-${topic}-${count}`)
  for (let i = 1; i <= count; i++) await pub.publish(topic, String(i), { qos })
  await pub.disconnect()
}

/** The next `count` messages: payload, packet id, DUP. */
async function take(sub: Connected, count: number): Promise<{ payload: string, messageId: number, dup: boolean }[]> {
  const taken = []
  for (let i = 0; i < count; i++) {
    const { payload, messageId = 0, dup } = await sub.next('publish')
    taken.push({ payload: payload.toString(), messageId, dup })
  }
  return taken
}

function position(clientid: string, topic: string): Promise<string | null> {
  return world.redis.client.get(`mqtt:acked:${clientid}:${topic}`)
}

describe.each(['queue', 'pubsub', 'free'])('%s', (kind) => {
  test('no more than the window is on its way, each until its acknowledgement', async () => {
    const topic = `${kind}/window`
    const sub = await world.connectWire(`sub-${topic}`, persistent)
    await sub.subscribe(topic, 2)
    await publishNumbers(topic, 8, 1)
    await publishNumbers(topic, 4, 2)
    const first = await take(sub, WINDOW)
    await sub.ping()
    expect(sub.all('publish')).toHaveLength(WINDOW)
    for (const { messageId } of first) sub.send({ cmd: 'puback', messageId })
    const second = await take(sub, WINDOW)
    expect(second.map(({ payload }) => payload)).toEqual(['6', '7', '8', '1', '2'])
    for (const { messageId } of second.slice(0, 3)) sub.send({ cmd: 'puback', messageId })
    const third = await take(sub, 2)
    // PUBREC alone opens no window: the message counts until PUBCOMP
    for (const { messageId } of [...second.slice(3), ...third]) {
      sub.send({ cmd: 'pubrec', messageId })
      expect((await sub.next('pubrel')).messageId).toBe(messageId)
    }
    for (const { messageId } of [...second.slice(3), ...third]) sub.send({ cmd: 'pubcomp', messageId })
    await sub.ping()
    expect(sub.all('publish')).toHaveLength(12)
  })

  test('what was in flight comes again first, with its packet ids, in its order, DUP set; the rest after it', async () => {
    const topic = `${kind}/resume`
    const sub = await world.connectWire(`sub-${topic}`, persistent)
    await sub.subscribe(topic, 1)
    await publishNumbers(topic, 8)
    const before = await take(sub, WINDOW)
    sub.cut()
    const again = await world.connectWire(`sub-${topic}`, persistent)
    expect(again.connack.sessionPresent).toBe(true)
    const replayed = await take(again, WINDOW)
    expect(replayed).toEqual(before.map((message) => ({ ...message, dup: true })))
    for (const { messageId } of replayed) again.send({ cmd: 'puback', messageId })
    const rest = await take(again, 3)
    expect(rest.map(({ payload, dup }) => [payload, dup])).toEqual([['6', false], ['7', false], ['8', false]])
  })

  test('after PUBREC only PUBREL comes again', async () => {
    const topic = `${kind}/released`
    const sub = await world.connectWire(`sub-${topic}`, persistent)
    await sub.subscribe(topic, 2)
    await publishNumbers(topic, 3, 2)
    const [one, two, three] = await take(sub, 3)
    sub.send({ cmd: 'pubrec', messageId: one?.messageId })
    sub.send({ cmd: 'pubrec', messageId: three?.messageId })
    await sub.next('pubrel')
    await sub.next('pubrel')
    sub.cut()
    const again = await world.connectWire(`sub-${topic}`, persistent)
    expect((await again.next('publish'))).toMatchObject({ messageId: two?.messageId, dup: true })
    expect([(await again.next('pubrel')).messageId, (await again.next('pubrel')).messageId]).toEqual([one?.messageId, three?.messageId])
    expect(again.received.slice(1).map(({ cmd, messageId }) => [cmd, messageId]))
      .toEqual([['pubrel', one?.messageId], ['publish', two?.messageId], ['pubrel', three?.messageId]])
  })

  test('what was acknowledged out of order does not come again', async () => {
    const topic = `${kind}/gap`
    const sub = await world.connectWire(`sub-${topic}`, persistent)
    await sub.subscribe(topic, 1)
    await publishNumbers(topic, 4)
    const before = await take(sub, 4)
    for (const message of before) if (message.payload !== '2') sub.send({ cmd: 'puback', messageId: message.messageId })
    await sub.ping()
    sub.cut()
    const again = await world.connectWire(`sub-${topic}`, persistent)
    expect((await take(again, 1)).map(({ payload, dup }) => [payload, dup])).toEqual([['2', true]])
    await publishNumbers(topic, 1)
    expect((await take(again, 1)).map(({ payload, dup }) => [payload, dup])).toEqual([['1', false]])
    expect(again.all('publish')).toHaveLength(2)
  })

  test('messages of the time offline come after the return, in order', async () => {
    const topic = `${kind}/offline`
    const first = await world.connectWire(`sub-${topic}`, persistent)
    await first.subscribe(topic, 1)
    await first.disconnect()
    await publishNumbers(topic, 20)
    const back = await world.connect(`sub-${topic}`, persistent)
    expect(back.sessionPresent).toBe(true)
    await back.waitForCount(20)
    expect(back.payloads()).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 1)))
  })

  test('a takeover leaves what was in flight to the new connection', async () => {
    const topic = `${kind}/takeover`
    const old = await world.connectWire(`sub-${topic}`, persistent)
    await old.subscribe(topic, 1)
    await publishNumbers(topic, 3)
    const before = await take(old, 3)
    const next = await world.connectWire(`sub-${topic}`, persistent)
    await old.closed
    expect(await take(next, 3)).toEqual(before.map((message) => ({ ...message, dup: true })))
  })
})

describe.each(['queue', 'pubsub'])('%s', (kind) => {
  test('a clean session gets what was not acknowledged as new', async () => {
    const topic = `${kind}/clean`
    const sub = await world.connectWire(`sub-${topic}`, persistent)
    await sub.subscribe(topic, 1)
    await publishNumbers(topic, 3)
    const [one] = await take(sub, 3)
    sub.send({ cmd: 'puback', messageId: one?.messageId })
    await sub.ping()
    sub.cut()
    const fresh = await world.connectWire(`sub-${topic}`, { clean: true })
    expect(fresh.connack.sessionPresent).toBe(false)
    await fresh.subscribe(topic, 1)
    expect((await take(fresh, 2)).map(({ payload, dup }) => [payload, dup])).toEqual([['2', false], ['3', false]])
  })

  test('after a restart of the broker the client gets what it did not acknowledge when it subscribes again', async () => {
    const topic = `${kind}/restart`
    const sub = await world.connectWire(`sub-${topic}`, persistent)
    await sub.subscribe(topic, 1)
    await publishNumbers(topic, 3)
    const [one] = await take(sub, 3)
    sub.send({ cmd: 'puback', messageId: one?.messageId })
    const redis = world.redis.client
    await eventually('the acknowledgement is in Redis', async () => kind === 'queue'
      ? await redis.zcard(`mqtt:msg:${topic}`) === 2
      : await position(`sub-${topic}`, topic) !== null)
    await world.broker.restart()
    const again = await world.connectWire(`sub-${topic}`, persistent)
    expect(again.connack.sessionPresent).toBe(false)
    await again.subscribe(topic, 1)
    expect((await take(again, 2)).map(({ payload }) => payload)).toEqual(['2', '3'])
  })
})

test('an acknowledgement out of order never moves a pubsub position past a gap', async () => {
  const topic = 'pubsub/position'
  const sub = await world.connectWire('positioned', persistent)
  await sub.subscribe(topic, 2)
  await publishNumbers(topic, 4)
  const [one, two, three, four] = await take(sub, 4)
  const ids = await world.redis.client.zrange(`mqtt:msg:${topic}`, '0', '-1')
  const marker = await world.connect('marker')

  sub.send({ cmd: 'puback', messageId: three?.messageId })
  sub.send({ cmd: 'puback', messageId: two?.messageId })
  await sub.ping()
  // acknowledgements travel before what is published after them
  await marker.publish('pubsub/marker', '')
  expect(await position('positioned', topic)).toBeNull()

  sub.send({ cmd: 'puback', messageId: one?.messageId })
  await eventually('the position is the third', async () => await position('positioned', topic) === ids[2])
  sub.send({ cmd: 'puback', messageId: four?.messageId })
  await eventually('the position is the fourth', async () => await position('positioned', topic) === ids[3])
})

test('a QoS 2 message is acknowledged by PUBCOMP, not by PUBREC', async () => {
  const topic = 'queue/pubcomp'
  const sub = await world.connectWire('completing', persistent)
  await sub.subscribe(topic, 2)
  await publishNumbers(topic, 1, 2)
  const [one] = await take(sub, 1)
  sub.send({ cmd: 'pubrec', messageId: one?.messageId })
  await sub.next('pubrel')
  const marker = await world.connect('marker')
  await marker.publish('pubsub/marker', '')
  expect(await world.redis.client.zcard(`mqtt:msg:${topic}`)).toBe(1)
  sub.send({ cmd: 'pubcomp', messageId: one?.messageId })
  await eventually('an empty queue', async () => await world.redis.client.exists(`mqtt:msg:${topic}`) === 0)
})

test('what another subscriber of the queue acknowledged does not come again', async () => {
  const topic = 'queue/other'
  const away = await world.connectWire('away', persistent)
  await away.subscribe(topic, 1)
  await publishNumbers(topic, 2)
  await take(away, 2)
  away.cut()
  const other = await world.connect('other')
  await other.subscribe(topic, 1)
  await other.waitForCount(2)
  await eventually('an empty queue', async () => await world.redis.client.exists(`mqtt:msg:${topic}`) === 0)
  const back = await world.connectWire('away', persistent)
  await publishNumbers(topic, 1)
  expect((await take(back, 1)).map(({ payload, dup }) => [payload, dup])).toEqual([['1', false]])
  expect(back.all('publish')).toHaveLength(1)
})
