import { expect, test } from 'vitest'
import { rule, rules } from '../support/rules.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({ rules: rules(rule('session.subscribed.1', 'on_retain_lookup')) })

const filters = (count: number, of: (i: number) => string) => Array.from({ length: count }, (_, i) => ({ topic: of(i), qos: 1 as const }))

test('who subscribes faster than Redis answers is not read from until it has', async () => {
  const greedy = await world.connectWire('greedy')
  const other = await world.connectWire('other')
  world.redis.freeze()
  try {
    greedy.send({ cmd: 'subscribe', messageId: 1, subscriptions: filters(600, (i) => `many/${i}`) })
    await greedy.next('suback')
    greedy.send({ cmd: 'pingreq' })
    // twice, so that what was read with it is worked on
    await other.ping()
    await other.ping()
    expect(greedy.all('pingresp')).toEqual([])
  } finally {
    world.redis.thaw()
  }
  await greedy.next('pingresp')
  await greedy.ping()
})

test('filters of one client that are too long together are refused, and granted when others are gone', async () => {
  const client = await world.connectWire('long')
  const long = (i: number) => `${i}${'x'.repeat(59_999)}`
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: filters(9, long) })
  expect((await client.next('suback')).granted).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 128])
  client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [long(0)] })
  await client.next('unsuback')
  client.send({ cmd: 'subscribe', messageId: 3, subscriptions: filters(1, () => long(8)) })
  expect((await client.next('suback')).granted).toEqual([1])
})
