import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MessageRecord } from '../../src/actions/message-record.ts'
import { msgidMaker } from '../../src/actions/msgid.ts'
import { Rig, turn } from './rig.ts'

/**
 * A client reads a one-to-many topic in which other brokers store, while masters are lost with the newest
 * messages, which their brokers store again some time later, behind others. In the end it must have seen all there is.
 */

type Command =
  | { readonly kind: 'store' | 'round' | 'leave' | 'answer' | 'ack' | 'ack last' | 'store again' | 'reconnect' }
  /** The newest messages are lost; the clock goes back; the position is one of those before, of which the newest that its message allows if both are on one master. */
  | { readonly kind: 'failover', readonly lost: number, readonly seconds: number, readonly positions: number, readonly together: boolean }
  | { readonly kind: 'time', readonly seconds: number }

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constantFrom('store' as const, 'round' as const, 'leave' as const, 'answer' as const, 'ack' as const, 'ack' as const, 'ack last' as const, 'store again' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reconnect' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('failover' as const), lost: fc.nat(3), seconds: fc.nat(5), positions: fc.nat(2), together: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), seconds: fc.nat(4) }) },
)

const TOPIC = 'pubsub/a'
const LOG = `mqtt:msg:${TOPIC}`
const POSITION = `mqtt:acked:c:${TOPIC}`

async function unseen(commands: readonly Command[]): Promise<string[]> {
  const rig = new Rig({ settings: { maxInflight: 3 } })
  const { redis } = rig.pool
  const nextMsgid = msgidMaker('10000000000')
  const begin = redis.clock
  let number = 0
  const lost: MessageRecord[] = []
  const positions: (string | undefined)[] = [undefined]
  let late: (() => void) | undefined
  let client = rig.connect('c')
  const clients = [client]
  client.subscribe(TOPIC)

  // no two scores are the same, before and after a failover
  const tick = (i: number) => { redis.clock += 1_000 + (i * 7_919) % 997 }
  const store = (record: MessageRecord) => {
    redis.apply({ kind: 'store', record, expirySeconds: undefined })
    rig.delivery.changed(rig.pool, TOPIC)
  }
  const answer = () => {
    late?.()
    late = undefined
  }
  const ids = () => redis.keyspace.find(LOG, 'zset')?.set.members() ?? []
  const failOver = (options: Extract<Command, { kind: 'failover' }>) => {
    answer()
    for (const msgid of options.lost === 0 ? [] : ids().slice(-options.lost)) {
      const record = redis.body(msgid)
      if (record !== undefined) lost.push(record)
      redis.apply({ kind: 'ack-queue', topic: TOPIC, msgid })
    }
    const left = ids()
    redis.clock = Math.max(redis.newestScore(TOPIC), begin, redis.clock - options.seconds * 1_000_000)
    let back = options.positions
    while (options.together && !left.includes(positions.at(-1 - back) ?? '') && back < positions.length) back++
    const position = positions.at(-1 - back)
    if (position === undefined) redis.keyspace.delete(POSITION)
    else redis.keyspace.replace(POSITION, { type: 'string', text: position })
    rig.delivery.poolBack(rig.pool, { sameData: false })
  }

  for (const [i, step] of commands.entries()) {
    tick(i)
    const [oldest] = client.open
    const last = client.open.at(-1)
    if (step.kind === 'store') {
      store({ id: nextMsgid(redis.clock / 1_000), from: 'p', qos: 1, topic: TOPIC, payload: Buffer.from(String(++number)), ts: 0, retain: false })
    } else if (step.kind === 'round') {
      answer()
      rig.pool.round()
    } else if (step.kind === 'leave') late ??= rig.pool.leave()
    else if (step.kind === 'answer') answer()
    else if (step.kind === 'ack' && oldest !== undefined) client.ack(oldest)
    else if (step.kind === 'ack last' && last !== undefined) client.ack(last)
    else if (step.kind === 'store again') for (const record of lost.splice(0, 1)) store(record)
    else if (step.kind === 'reconnect') {
      client.leave()
      clients.push(client = rig.connect('c'))
    } else if (step.kind === 'time') {
      redis.clock += step.seconds * 1_000_000
      rig.clock.pass(step.seconds * 1_000)
    } else if (step.kind === 'failover') failOver(step)
    const position = redis.position('c', TOPIC)
    if (positions.at(-1) !== position) positions.push(position)
    await turn()
  }

  answer()
  for (const [i, record] of lost.entries()) {
    tick(commands.length + i)
    store(record)
  }
  for (let i = 0; i < number + 3; i++) {
    await rig.settle()
    client.ackAll()
  }
  const seen = new Set(clients.flatMap(({ payloads }) => payloads))
  return Array.from(redis.records.values(), ({ payload }) => payload.toString()).filter((payload) => !seen.has(payload))
}

const LONG = process.env['MODEL_RUNS']
const RUNS = Number(LONG ?? 1_000)
const SEED = Number(process.env['MODEL_SEED'] ?? (LONG === undefined ? 1 : Date.now() % 2 ** 31))
if (LONG !== undefined) console.log(`MODEL_RUNS=${RUNS} MODEL_SEED=${SEED}`)

test('a subscriber sees all there is, whatever its Redis loses and is given again', async () => {
  await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 60, size: 'max' }), async (commands) => {
    expect(await unseen(commands)).toEqual([])
  }), { numRuns: RUNS, seed: SEED })
}, 600_000)
