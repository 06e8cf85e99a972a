import { describe, expect, test } from 'vitest'
import { useWorld } from '../support/world.ts'

const world = useWorld({ rules: '# no rules: a plain broker' })

const QOS = [0, 1, 2] as const

describe.each(QOS)('published with QoS %i', (published) => {
  test.each(QOS)('and subscribed with QoS %i, a message arrives with the lower of both', async (granted) => {
    const topic = `plain/${published}/${granted}`
    const sub = await world.connect(`sub-${topic}`)
    expect(await sub.subscribe(topic, granted)).toBe(granted)
    const pub = await world.connect(`pub-${topic}`)
    for (let i = 0; i < 20; i++) await pub.publish(topic, String(i), { qos: published })
    await sub.waitForCount(20)
    expect(sub.payloads()).toEqual(Array.from({ length: 20 }, (_, i) => String(i)))
    expect(new Set(sub.messages.map(({ qos }) => qos))).toEqual(new Set([Math.min(published, granted)]))
  })
})

test('payloads arrive as the bytes that were sent', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const sub = await world.connectWire('bytes-sub')
  await sub.subscribe('bytes', 1)
  const pub = await world.connect('bytes-pub')
  await pub.publish('bytes', bytes)
  expect((await sub.next('publish')).payload).toEqual(bytes)
})

test('retained messages that no rule keeps are kept in memory, the newest of each topic', async () => {
  const pub = await world.connect('memory-pub')
  await pub.publish('memory/a', 'old', { retain: true })
  await pub.publish('memory/a', 'new', { retain: true })
  await pub.publish('memory/b', 'gone', { retain: true })
  await pub.publish('memory/b', '', { retain: true })
  const sub = await world.connect('memory-sub')
  await sub.subscribe('memory/+', 1)
  await pub.publish('memory/end', 'end')
  await sub.waitUntil((messages) => messages.some(({ payload }) => payload === 'end'))
  expect(sub.messages.map(({ payload, retain }) => [payload, retain])).toEqual([['new', true], ['end', false]])
})
