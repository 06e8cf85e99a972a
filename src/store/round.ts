import type { Effect } from '../actions/effect.ts'
import { keys } from '../actions/keys.ts'
import type { MessageRecord } from '../actions/message-record.ts'
import type { Call } from './connection.ts'
import { EncodedArguments } from './resp.ts'
import { SCRIPTS, type ScriptName } from './scripts.ts'
import { settle, type Unanswered } from './unanswered.ts'
import { unfitCommand } from './unfit-command.ts'

/** A call that carries effects. It is kept as it is until Redis has said what became of it. */
export interface WriteCall extends Call {
  readonly kind: BatchKind | 'command'
  readonly args: (string | Buffer)[]
  /** Of a marked call: see scripts/once.lua. */
  readonly number: number | undefined
  /** Whose effect each entry is, and its place there: two lists beside each other. */
  readonly owners: readonly Unanswered[]
  readonly effects: readonly number[]
}

/** Names the marked calls of one opened pool. */
export interface CallNumbers {
  /** Key of the mark; no other opened pool may use it. */
  readonly batch: string
  /** Greater than all before. */
  next(): number
  /** Whom to wake of what the next call stores: the channel, and how many listeners there are ourselves. */
  wake(): { readonly channel: string, readonly own: number }
}

/** `name`: unique per opened pool. */
export function callNumbers(name: string, wake: CallNumbers['wake']): CallNumbers {
  let last = 0
  return { batch: keys.batch(name), next: () => ++last, wake }
}

/** Effects that travel in one script call. */
export type BatchKind = 'store' | 'retain' | 'latest' | 'ack-queue' | 'ack-pubsub' | 'ack-latest' | 'presence'

interface BatchRow {
  readonly script: ScriptName
  /** Further leading arguments of a marked call; undefined: the call may be repeated without harm. */
  readonly marked: readonly string[] | undefined
}

/** In the order in which they leave: what brings messages before what takes them away. */
const BATCHES: Readonly<Record<BatchKind, BatchRow>> = {
  store: { script: 'store', marked: [] },
  retain: { script: 'keep', marked: [keys.retainedTopics, keys.retained('')] },
  latest: { script: 'keep', marked: [keys.latestTopics, keys.latest('')] },
  'ack-queue': { script: 'ack-queue', marked: undefined },
  'ack-pubsub': { script: 'ack-pubsub', marked: undefined },
  'ack-latest': { script: 'ack-latest', marked: undefined },
  presence: { script: 'presence', marked: undefined },
}

const BATCH_KINDS = Object.keys(BATCHES) as readonly BatchKind[] // a table of this file: it has no other keys

/** A script holds up all other clients of its Redis. */
const MAX_ENTRIES = 500
/** Behind the script, the number of declared keys (none), and the batch; channel and listeners follow them. */
const NUMBER = 3
const AFTER = 4

/**
 * Functions of one kind share calls, whoever asked for them; two functions never touch one key, so
 * only commands need a place among them: functions are in the even segments, commands in the odd
 * ones, and no effect comes into an earlier segment than the one before it of the same order object.
 */
interface Segment {
  readonly batches: Map<BatchKind, Batch[]>
  readonly commands: WriteCall[]
}

interface Batch {
  readonly kind: BatchKind
  /** What stands before the entries of the call. */
  readonly args: (string | Buffer)[]
  readonly entries: EncodedArguments
  readonly owners: Unanswered[]
  readonly effects: number[]
}

/** The calls of a round, in the order in which they must reach Redis. Commands that cannot be sent are settled here. */
export function planRound(owners: readonly Unanswered[], numbers: CallNumbers): WriteCall[] {
  const segments: Segment[] = []
  const places = createPlaces()
  for (const owner of owners) {
    const { effects, order } = owner.submission
    for (let i = 0; i < effects.length; i++) {
      const effect = effects[i]
      if (effect === undefined || owner.merged?.into.has(i) === true) continue
      const at = places.next(effect, order)
      while (segments.length <= at) segments.push({ batches: new Map(), commands: [] })
      const segment = segments[at]
      if (segment === undefined) throw new Error(`no segment ${at}`)
      if (effect.kind === 'command') addCommand(segment, effect, owner, i)
      else addToBatch(segment, effect, owner, i, numbers)
    }
  }
  const calls: WriteCall[] = []
  for (const segment of segments) addCalls(calls, segment, numbers)
  return calls
}

/** Says in each marked call which one goes before it in this sending. */
export function chain(calls: readonly WriteCall[]): void {
  let before = 0
  for (const { number, args } of calls) {
    if (number === undefined) continue
    args[AFTER] = String(before)
    before = number
  }
}

/**
 * The segment of each next effect. A client's presence keeps its order too: on a takeover it comes
 * from two connections.
 */
function createPlaces() {
  let last: Map<object | string, number> | undefined
  return {
    next(effect: Effect, order: object): number {
      const isCommand = effect.kind === 'command'
      // as long as no rule has a command there is nothing to order
      if (!isCommand && last === undefined) return 0
      last ??= new Map()
      const client = effect.kind === 'online' || effect.kind === 'offline' ? effect.clientid : undefined
      const before = Math.max(last.get(order) ?? 0, client === undefined ? 0 : last.get(client) ?? 0)
      const at = (before % 2 === 1) === isCommand ? before : before + 1
      last.set(order, at)
      if (client !== undefined) last.set(client, at)
      return at
    },
  }
}

type CommandEffect = Extract<Effect, { kind: 'command' }>
type FunctionEffect = Exclude<Effect, CommandEffect>

function addCommand(segment: Segment, { name, args }: CommandEffect, owner: Unanswered, place: number): void {
  const unfit = unfitCommand(name, args)
  if (unfit !== undefined) {
    settle(owner, place, { ok: false, failure: 'lasting', message: unfit })
    return
  }
  segment.commands.push({
    kind: 'command',
    // in capitals, because by their lower-case names ioredis rewrites the arguments of some
    name: name.toUpperCase(),
    args: [...args],
    binary: true,
    number: undefined,
    owners: [owner],
    effects: [place],
  })
}

function addToBatch(segment: Segment, effect: FunctionEffect, owner: Unanswered, place: number, numbers: CallNumbers): void {
  const kind = batchKind(effect)
  let batches = segment.batches.get(kind)
  if (batches === undefined) segment.batches.set(kind, batches = [])
  let batch = batches.at(-1)
  if (batch === undefined || batch.owners.length >= MAX_ENTRIES) {
    batches.push(batch = { kind, args: headOf(kind, numbers), entries: new EncodedArguments(), owners: [], effects: [] })
  }
  batch.owners.push(owner)
  batch.effects.push(place)
  const merged = owner.merged?.expirySeconds
  addEntry(batch.entries, effect, merged?.has(place) === true ? merged.get(place) : expiryOf(effect))
}

function batchKind(effect: FunctionEffect): BatchKind {
  switch (effect.kind) {
    // one call in the order of their messages: the last one of a topic wins
    case 'retain-delete': return 'retain'
    case 'online':
    case 'offline': return 'presence'
    case 'store':
    case 'retain':
    case 'latest':
    case 'ack-queue':
    case 'ack-pubsub':
    case 'ack-latest': return effect.kind
    default: return effect satisfies never
  }
}

function expiryOf(effect: FunctionEffect): number | undefined {
  return 'expirySeconds' in effect ? effect.expirySeconds : undefined
}

/** What the script of its kind takes per entry. */
function addEntry(entries: EncodedArguments, effect: FunctionEffect, expirySeconds: number | undefined): void {
  switch (effect.kind) {
    case 'store':
    case 'retain':
    case 'latest':
      addRecord(entries, String(expirySeconds ?? 0), effect.record)
      break
    case 'retain-delete':
      addRecord(entries, '-1', effect.record)
      break
    case 'ack-queue':
    case 'ack-latest':
      addAll(entries, effect.topic, effect.msgid)
      break
    case 'ack-pubsub':
      addAll(entries, effect.clientid, effect.topic, effect.msgid)
      break
    case 'online':
      addAll(entries, effect.kind, effect.clientid, effect.node, String(effect.now), String(effect.lastFence))
      break
    case 'offline':
      addAll(entries, effect.kind, effect.clientid, effect.node, String(effect.now), String(effect.fence))
      break
    default: effect satisfies never
  }
}

/** The fields in their order (see `recordFields`), one by one: every stored message comes this way. */
function addRecord(entries: EncodedArguments, expiry: string, { id, from, qos, topic, payload, ts, retain }: MessageRecord): void {
  entries.add(expiry)
  entries.add(id)
  entries.add(from)
  entries.add(QOS_TEXT[qos])
  entries.add(topic)
  entries.add(payload)
  entries.add(String(ts))
  entries.add(retain ? 'true' : 'false')
}

function addAll(entries: EncodedArguments, ...texts: readonly string[]): void {
  for (const text of texts) entries.add(text)
}

const QOS_TEXT = ['0', '1', '2'] as const
const NONE: readonly never[] = []

/** A list to add to, because `flatMap` makes its own element by element in V8's runtime: a sixtieth of a message at 3,000 a second. */
function addCalls(calls: WriteCall[], { batches, commands }: Segment, numbers: CallNumbers): void {
  for (const kind of BATCH_KINDS) for (const batch of batches.get(kind) ?? NONE) calls.push(callOf(batch, numbers))
  calls.push(...commands)
}

/** What stands before the entries of a call; number and the call before it are filled in later. */
function headOf(kind: BatchKind, numbers: CallNumbers): (string | Buffer)[] {
  const { script, marked } = BATCHES[kind]
  if (marked === undefined) return [SCRIPTS[script].sha, '0']
  const { channel, own } = numbers.wake()
  return [SCRIPTS[script].sha, '0', numbers.batch, '', '', channel, String(own), ...marked]
}

/** Calls are numbered as they leave. */
function callOf({ kind, args, entries, owners, effects }: Batch, numbers: CallNumbers): WriteCall {
  const number = BATCHES[kind].marked === undefined ? undefined : numbers.next()
  if (number !== undefined) args[NUMBER] = String(number)
  return { kind, name: 'evalsha', args, more: entries, binary: false, number, owners, effects }
}
