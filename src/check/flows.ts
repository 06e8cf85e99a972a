import type { FunctionName } from '../actions/action.ts'
import type { FilterIndex } from '../language/filter-index.ts'
import { flowRules, indexed, isDoneOtherwise, mayHoldMore, meeting, type FlowRule } from './flow-rule.ts'
import { once } from './once.ts'
import type { Symbols } from './symbols.ts'

/** What belongs together: what stores, what brings it to a subscriber, what takes note that it arrived. */
interface FlowKind {
  readonly store: FunctionName
  readonly fetch: FunctionName
  /** Absent: nothing needs to be noted. */
  readonly ack: FunctionName | undefined
  /** How the keys begin that storing and acknowledging are about. */
  readonly storedKeys: string
  readonly ackedKeys: string
}

/** SPEC 3 and 4.3; "EMQ X 4.4 Redis backend", "one-to-one messages" and after it. */
export const FLOWS: readonly FlowKind[] = [
  { store: 'on_message_publish', fetch: 'on_message_fetch_for_queue', ack: 'on_message_acked_for_queue', storedKeys: 'mqtt:msg:', ackedKeys: 'mqtt:msg:' },
  { store: 'on_message_publish', fetch: 'on_message_fetch_for_pubsub', ack: 'on_message_acked_for_pubsub', storedKeys: 'mqtt:msg:', ackedKeys: 'mqtt:acked:' },
  { store: 'on_message_store_keep_latest', fetch: 'on_message_fetch_for_keep_latest', ack: 'on_message_acked_for_keep_latest', storedKeys: 'mqtt:latest:', ackedKeys: 'mqtt:latest:' },
  { store: 'on_message_retain', fetch: 'on_retain_lookup', ack: undefined, storedKeys: 'mqtt:retain:', ackedKeys: 'mqtt:retain:' },
]

const KIND_BY_FETCH = new Map(FLOWS.map(kind => [kind.fetch, kind]))
const KIND_BY_ACK = new Map(FLOWS.flatMap(kind => kind.ack === undefined ? [] : [[kind.ack, kind] as const]))

/** What a rule brings to subscribers, and the rules that it needs for that. All lists are of rules that share a topic with it. */
export interface Flow {
  readonly fetch: FlowRule
  readonly kind: FlowKind
  readonly stores: readonly FlowRule[]
  /** In other pools; empty if there are some in its own. */
  readonly storesElsewhere: readonly FlowRule[]
  readonly isStoredOtherwise: boolean
  readonly acks: readonly FlowRule[]
  /** Of another kind, for which no rule fetches; beside some of its own only those that take its messages away. */
  readonly mismatchedAcks: readonly FlowRule[]
  /** In other pools, where no rule fetches for them; empty if there are some in its own, or mismatched ones. */
  readonly acksElsewhere: readonly FlowRule[]
  readonly isAckedOtherwise: boolean
}

export interface Flows {
  readonly flows: readonly Flow[]
  /** Acknowledgements of which no flow knows. */
  readonly loose: readonly FlowRule[]
}

/** How the rules work together; nothing where {@link mayHoldMore}. */
export const flowsOf = once((symbols: Symbols): Flows => {
  if (mayHoldMore(symbols)) return { flows: [], loose: [] }
  const rules = flowRules(symbols)
  const orphans = orphansAmong(symbols, rules.filter(({ name }) => isAck(name)))
  const flows = rules.flatMap((fetch) => {
    const kind = kindOf(fetch)
    return kind === undefined ? [] : flowOf(symbols, { orphans, fetch, kind })
  })
  const used = new Set(flows.flatMap(({ mismatchedAcks, acksElsewhere }) => [...mismatchedAcks, ...acksElsewhere]))
  return { flows, loose: [...orphans.rules].filter(rule => !used.has(rule) && !isFetchedOtherwise(symbols, rule)) }
})

/** Acknowledgements for which no rule of their pool fetches. */
interface Orphans {
  readonly rules: ReadonlySet<FlowRule>
  readonly byPool: ReadonlyMap<string, FilterIndex<FlowRule>>
  readonly byName: ReadonlyMap<FunctionName, FilterIndex<FlowRule>>
}

function orphansAmong(symbols: Symbols, acks: readonly FlowRule[]): Orphans {
  const isFetchedFor = (ack: FlowRule): boolean =>
    meeting(symbols, KIND_BY_ACK.get(ack.name)?.fetch, ack).some(fetch => fetch.pool === ack.pool)
  const rules = acks.filter(ack => !isFetchedFor(ack))
  return { rules: new Set(rules), byPool: indexed(rules, ({ pool }) => pool), byName: indexed(rules, ({ name }) => name) }
}

function isFetchedOtherwise(symbols: Symbols, ack: FlowRule): boolean {
  const kind = KIND_BY_ACK.get(ack.name)
  return kind !== undefined && isDoneOtherwise(symbols, { ...ack, name: kind.fetch, keys: kind.ackedKeys })
}

interface Around {
  readonly orphans: Orphans
  readonly fetch: FlowRule
  readonly kind: FlowKind
}

function flowOf(symbols: Symbols, { orphans, fetch, kind }: Around): Flow {
  const { pool, filter } = fetch
  const storing = meeting(symbols, kind.store, fetch)
  const stores = storing.filter(rule => rule.pool === pool)
  const acks = acksOf(kind).flatMap(name => meeting(symbols, name, fetch))
    .filter(rule => rule.pool === pool && (rule.name === kind.ack || !orphans.rules.has(rule)))
    .sort((one, other) => orderOf(symbols, one) - orderOf(symbols, other))
  const mismatchedAcks = kind.ack === undefined ? [] : (orphans.byPool.get(pool)?.overlapping(filter) ?? [])
    .filter(rule => acks.length === 0 || acksOf(kind).includes(rule.name))
  return {
    fetch,
    kind,
    stores,
    storesElsewhere: stores.length > 0 ? [] : storing,
    isStoredOtherwise: isDoneOtherwise(symbols, { ...fetch, name: kind.store, keys: kind.storedKeys }),
    acks,
    mismatchedAcks,
    acksElsewhere: acks.length + mismatchedAcks.length > 0 || kind.ack === undefined ? [] : orphans.byName.get(kind.ack)?.overlapping(filter) ?? [],
    isAckedOtherwise: kind.ack !== undefined && isDoneOtherwise(symbols, { ...fetch, name: kind.ack, keys: kind.ackedKeys }),
  }
}

const places = once(symbols => new Map(flowRules(symbols).map((rule, i) => [rule, i])))

function orderOf(symbols: Symbols, rule: FlowRule): number {
  return places(symbols).get(rule) ?? 0
}

/** Of a topic that is fetched in both ways the queue's acknowledgement removes the message for both. */
function acksOf({ ack }: FlowKind): readonly (FunctionName | undefined)[] {
  return ack === 'on_message_acked_for_pubsub' ? [ack, 'on_message_acked_for_queue'] : [ack]
}

function kindOf({ name }: FlowRule): FlowKind | undefined {
  return KIND_BY_FETCH.get(name)
}

function isAck(name: FunctionName): boolean {
  return KIND_BY_ACK.has(name)
}
