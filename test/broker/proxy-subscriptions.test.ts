import { afterEach, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule, rules } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({
  rules: rules(
    rule('client.connected.1', 'on_subscribe_lookup'),
    // tells when a subscription is there, whoever made it
    rule('session.subscribed.1', ['RPUSH subscribed:${clientid} ${topic}=${qos}'], '#'),
  ),
})

// a test that failed in between leaves it frozen
afterEach(() => { world.redis.thaw() })

async function subscribed(clientid: string, entry: string): Promise<void> {
  await eventually(`${clientid} is subscribed ${entry}`, async () =>
    (await world.redis.client.lrange(`subscribed:${clientid}`, 0, -1)).includes(entry))
}

test.each([
  ['0', 0], ['1', 1], ['2', 2], ['7', 2], ['-1', 0], ['many', 0],
] as const)('a QoS written %s is granted as %i', async (written, granted) => {
  const clientid = `device${written}`
  await world.redis.client.hset(`mqtt:sub:${clientid}`, `${clientid}/in`, written)
  const device = await world.connect(clientid)
  await subscribed(clientid, `${clientid}/in=${granted}`)
  const app = await world.connect(`app-${clientid}`)
  await app.publish(`${clientid}/in`, 'hello', { qos: 2 })
  await device.waitForCount(1)
  expect(device.messages).toEqual([{ topic: `${clientid}/in`, payload: 'hello', qos: granted, retain: false, dup: false }])
})

test('a SUBSCRIBE of its own after the proxy subscription wins', async () => {
  await world.redis.client.hset('mqtt:sub:own-later', 'own-later/in', '2')
  const device = await world.connect('own-later')
  await subscribed('own-later', 'own-later/in=2')
  expect(await device.subscribe('own-later/in', 0)).toBe(0)
  const app = await world.connect('app-own-later')
  await app.publish('own-later/in', 'hello', { qos: 2 })
  await device.waitForCount(1)
  expect(device.messages.map(({ qos }) => qos)).toEqual([0])
})

test('a SUBSCRIBE of its own before the lookup is answered wins too', async () => {
  await world.redis.client.hset('mqtt:sub:own-race', 'own-race/in', '2', 'own-race/other', '1')
  world.redis.freeze()
  const device = await world.connectWire('own-race')
  expect(await device.subscribe('own-race/in', 0)).toBe(0)
  world.redis.thaw()
  await subscribed('own-race', 'own-race/other=1')
  const app = await world.connect('app-own-race')
  await app.publish('own-race/in', 'hello', { qos: 2 })
  expect((await device.next('publish')).qos).toBe(0)
})

test('a filter that is none is left out, the others are served', async () => {
  await world.redis.client.hset('mqtt:sub:odd', 'a/#/b', '1', 'odd/in', '1')
  const device = await world.connect('odd')
  await subscribed('odd', 'odd/in=1')
  const app = await world.connect('app-odd')
  await app.publish('odd/in', 'hello')
  await device.waitForCount(1)
  expect(device.payloads()).toEqual(['hello'])
})
