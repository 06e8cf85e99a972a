import { expect, test } from 'vitest'
import { Rig } from './rig.ts'

const SHARED = '$share/workers/queue/#'

test('of a queue each message goes to one member, and everything is done in the end', async () => {
  const rig = new Rig({ settings: { maxInflight: 2 } })
  for (let i = 0; i < 10; i++) await rig.publish(`queue/${i % 3}`, String(i))
  const members = ['c', 'd'].map((id) => rig.connect(id))
  for (const member of members) member.subscribe(SHARED)
  for (let i = 10; i < 20; i++) await rig.publish(`queue/${i % 3}`, String(i))
  for (let round = 0; round < 30; round++) {
    for (const member of members) member.ackAll()
    await rig.settle()
  }
  const got = members.flatMap((member) => member.payloads)
  expect(got.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 20 }, (_, i) => String(i)))
  expect(members.every((member) => member.payloads.length > 4)).toBe(true)
  expect(rig.pool.redis.records.size).toBe(0)
})

test('a member that does not acknowledge does not hold up the others', async () => {
  const rig = new Rig({ settings: { maxInflight: 2 } })
  const stuck = rig.connect('stuck')
  stuck.subscribe(SHARED)
  const quick = rig.connect('quick')
  quick.subscribe(SHARED)
  for (let i = 0; i < 12; i++) {
    await rig.publish('queue/a', String(i))
    quick.ackAll()
    await rig.settle()
  }
  expect(stuck.payloads.length).toBeLessThanOrEqual(2)
  expect(stuck.payloads.length + quick.payloads.length).toBe(12)
})

test('what a member had not acknowledged when it left goes to another, with DUP', async () => {
  const rig = new Rig()
  const first = rig.connect('first')
  first.subscribe(SHARED)
  await rig.publish('queue/a', '1')
  const second = rig.connect('second')
  second.subscribe(SHARED)
  await rig.settle()
  expect(second.got).toEqual([])
  first.leave()
  await rig.settle()
  expect(second.got).toEqual(['1 DUP'])
  const again = rig.connect('first')
  await rig.settle()
  expect(again.got).toEqual([])
})

test('messages wait in the store while all members are away', async () => {
  const rig = new Rig({ settings: { maxMqueueLen: 1 } })
  const member = rig.connect('c')
  member.subscribe(SHARED)
  await rig.settle()
  member.leave()
  for (const payload of ['1', '2', '3']) await rig.publish('queue/a', payload)
  const back = rig.connect('c')
  await rig.settle()
  expect(back.got).toEqual(['1', '2', '3'])
  expect(rig.counters.mqueueDropped).toBe(0)
})

test('what no queue rule covers is dealt round robin', async () => {
  const rig = new Rig({ rules: [] })
  const members = ['c', 'd'].map((id) => rig.connect(id))
  for (const member of members) member.subscribe('$share/g/x')
  for (let i = 0; i < 6; i++) await rig.publish('x', String(i))
  expect(members.map((member) => member.payloads.length)).toEqual([3, 3])
})

test('two groups get each message once each', async () => {
  const rig = new Rig({ rules: [] })
  const members = ['g', 'h'].map((group) => {
    const member = rig.connect(group)
    member.subscribe(`$share/${group}/x`)
    return member
  })
  await rig.publish('x', '1')
  expect(members.map((member) => member.got)).toEqual([['1'], ['1']])
})

test('the last member that leaves takes the subscription with it', async () => {
  const rig = new Rig({ rules: [] })
  const member = rig.connect('c')
  member.subscribe('$share/g/x')
  rig.delivery.unsubscribe(member.session, '$share/g/x')
  await rig.publish('x', '1')
  expect(member.got).toEqual([])
})

test.each(['leaves', 'unsubscribes and leaves', 'expires'] as const)('what a member had half received when its session ended goes to another: it %s', async (how) => {
  const rig = new Rig({ settings: { sessionExpiryMs: 1_000 } })
  const first = rig.connect('a', { clean: how !== 'expires' })
  first.subscribe('$share/g/queue/a', 2)
  await rig.publish('queue/a', '1', 2)
  const second = rig.connect('b')
  second.subscribe('$share/g/queue/a', 2)
  for (const { packetId } of first.packets) first.session.pubrec(packetId)
  if (how === 'unsubscribes and leaves') rig.delivery.unsubscribe(first.session, '$share/g/queue/a')
  first.leave()
  if (how === 'expires') {
    await rig.settle()
    // it may come back for it
    expect(second.got).toEqual([])
    rig.clock.ms += 2_000
    rig.delivery.sweep()
  }
  await rig.settle()
  expect(second.got).toEqual(['1 DUP'])
  second.ackAll()
  await rig.settle()
  expect(rig.pool.redis.records.size).toBe(0)
})

test.each([1, 2] as const)('what the last member that left has begun to receive it finishes, whoever joins meanwhile: QoS %i', async (qos) => {
  const rig = new Rig()
  const first = rig.connect('a')
  first.subscribe('$share/g/queue/a', qos)
  await rig.publish('queue/a', '1', qos)
  rig.delivery.unsubscribe(first.session, '$share/g/queue/a')
  await rig.settle()
  const second = rig.connect('b')
  second.subscribe('$share/g/queue/a', qos)
  await rig.publish('queue/a', '2', qos)
  expect([first.got, second.got]).toEqual([['1'], ['2']])
  first.ackAll()
  second.ackAll()
  await rig.settle()
  expect(rig.pool.redis.records.size).toBe(0)
})

test('what a member has half received that left and lost its connection is nobody else\'s while it may come back', async () => {
  const rig = new Rig({ settings: { sessionExpiryMs: 1_000 } })
  const first = rig.connect('a')
  first.subscribe('$share/g/queue/a', 2)
  await rig.publish('queue/a', '1', 2)
  await rig.publish('queue/a', '2', 2)
  const second = rig.connect('b')
  second.subscribe('$share/g/queue/a', 2)
  first.session.pubrec(first.packets[0]?.packetId ?? 0)
  rig.delivery.unsubscribe(first.session, '$share/g/queue/a')
  first.leave()
  await rig.settle()
  expect(second.got).toEqual(['2 DUP'])
  rig.clock.ms += 2_000
  rig.delivery.sweep()
  await rig.settle()
  expect(second.got).toEqual(['2 DUP', '1 DUP'])
})


test.each(['live', 'stored'] as const)('what a member also gets by a subscription of its own is not taken for what the shared one has sent: %s', async (when) => {
  const rig = new Rig()
  const [first, second] = [rig.connect('a', { clean: true }), rig.connect('b')]
  if (when === 'live') second.subscribe('$share/g/queue/a')
  first.subscribe('queue/a')
  await rig.publish('queue/a', '1')
  expect(first.got).toContain('1')
  if (when === 'stored') second.subscribe('$share/g/queue/a')
  first.subscribe('$share/g/queue/a')
  await rig.settle()
  // nobody has acknowledged it, and who has it alone will not come back
  first.leave()
  await rig.settle()
  expect(second.payloads).toEqual(['1'])
})

test('a member whose own subscription has sent the message is sent it as a member too, or somebody else is', async () => {
  const rig = new Rig()
  const [first, second] = [rig.connect('a', { clean: true }), rig.connect('b')]
  first.subscribe('queue/a')
  first.subscribe('$share/g/queue/a')
  second.subscribe('$share/g/queue/a')
  await rig.settle()
  await rig.publish('queue/a', '1')
  expect([...first.payloads, ...second.payloads]).toEqual(['1', '1'])
})
