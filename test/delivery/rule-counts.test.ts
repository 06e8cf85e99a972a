import { expect, test } from 'vitest'
import { QUEUE_AND_PUBSUB, Rig, type Rule } from './rig.ts'

const RULES: readonly Rule[] = [
  ...QUEUE_AND_PUBSUB,
  ['session.subscribed', 'queue/#', 'on_retain_lookup'],
  ['session.subscribed', 'latest/#', 'on_message_fetch_for_keep_latest'],
]

/** `matched done failed` of each rule that an event has run on, by function. */
function counts(rig: Rig): Record<string, string> {
  return Object.fromEntries(Object.values(rig.delivery.rules.program.steps).flat().flatMap((step) => {
    const { matched, done, failed } = rig.outcomes.countsOf(step)
    return matched === 0 || step.action.kind !== 'function' ? [] : [[step.action.name, `${matched} ${done} ${failed}`]]
  }))
}

test('a message is counted with each rule that it matches, and as done when Redis has it', async () => {
  const rig = new Rig({ rules: RULES })
  rig.pool.ready = false
  await rig.publish('queue/a', '1')
  expect(counts(rig)).toEqual({ on_message_publish: '1 0 0' })
  rig.pool.ready = true
  await rig.settle()
  expect(counts(rig)).toEqual({ on_message_publish: '1 1 0' })
})

test('a fetch is done when all that was stored has been sent', async () => {
  const rig = new Rig({ rules: RULES, settings: { maxInflight: 1 } })
  await rig.publish('queue/a', '1')
  await rig.publish('queue/a', '2')
  const client = rig.connect('c')
  client.subscribe('queue/a')
  await rig.settle()
  expect(counts(rig)).toMatchObject({ on_message_fetch_for_queue: '1 0 0', on_retain_lookup: '1 1 0' })
  client.ackAll()
  await rig.settle()
  expect(client.payloads).toEqual(['1', '2'])
  expect(counts(rig)).toMatchObject({ on_message_fetch_for_queue: '1 1 0', on_message_acked_for_queue: '1 1 0' })
})

test.each(['queue/a', 'queue/#', 'latest/a', 'latest/#', '$share/group/queue/#'])('a fetch for %s that finds nothing is done too', async (filter) => {
  const rig = new Rig({ rules: RULES })
  rig.connect('c').subscribe(filter)
  await rig.settle()
  const fetch = filter.startsWith('latest') ? 'on_message_fetch_for_keep_latest' : 'on_message_fetch_for_queue'
  expect(counts(rig)).toMatchObject({ [fetch]: '1 1 0' })
})

test('what a resumed session brings back counts with the fetch rules alone', async () => {
  const rig = new Rig({ rules: RULES })
  const before = rig.connect('c')
  before.subscribe('queue/a')
  await rig.settle()
  before.leave()
  rig.connect('c')
  await rig.settle()
  expect(counts(rig)).toEqual({ on_message_fetch_for_queue: '2 2 0', on_retain_lookup: '1 1 0' })
})

test.each(['queue/a', 'queue/#'])('a read for %s that Redis refuses counts as failed, with the cause, and is done in the end', async (filter) => {
  const rig = new Rig({ rules: RULES })
  await rig.publish('queue/a', '1')
  const page = rig.pool.page.bind(rig.pool)
  rig.pool.page = (request) => { request.done(new Error('WRONGTYPE')) }
  const client = rig.connect('c')
  client.subscribe(filter)
  await rig.settle()
  expect(counts(rig)).toMatchObject({ on_message_fetch_for_queue: '1 0 1' })
  expect(rig.logged).toHaveLength(1)
  rig.pool.page = page
  rig.clock.pass(1000)
  await rig.settle()
  client.ackAll()
  await rig.settle()
  expect(client.payloads).toEqual(['1'])
  expect(counts(rig)).toMatchObject({ on_message_fetch_for_queue: '1 1 1' })
})

test('a topic index and a retained lookup that Redis refuses count as failed', async () => {
  const rig = new Rig({ rules: RULES })
  rig.pool.topics = (request) => { request.done(new Error('NOPERM')) }
  rig.connect('a').subscribe('latest/#')
  rig.pool.retained = (request) => { request.done(new Error('NOPERM')) }
  rig.connect('b').subscribe('queue/a')
  await rig.settle()
  expect(counts(rig)).toMatchObject({ on_message_fetch_for_keep_latest: '1 0 1', on_retain_lookup: '1 0 1' })
})

test('a read that fails because Redis went away is no failure of its rule', async () => {
  const rig = new Rig({ rules: RULES })
  rig.pool.page = (request) => {
    rig.pool.ready = false
    request.done(new Error('Redis is away'))
  }
  rig.connect('c').subscribe('queue/a')
  await rig.settle()
  expect(counts(rig)).toMatchObject({ on_message_fetch_for_queue: '1 0 0' })
})
