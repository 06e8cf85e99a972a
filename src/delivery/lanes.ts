import type { MessageRecord } from '../actions/message-record.ts'
import type { Rules } from '../engine/rules.ts'
import { isWildcard, matchesTopic } from '../language/topic-filter.ts'
import type { Step } from '../plan/program.ts'
import { BusyLanes } from './busy-lanes.ts'
import { fetchSteps, laneKind, sameFetch, type Cover, type Fetch } from './coverage.ts'
import { LaneTable } from './lane-table.ts'
import { LatestLane } from './latest-lane.ts'
import { LazyMap, LazySet } from './lazy.ts'
import { LogLane } from './log-lane.ts'
import type { HeldBytes } from './memory-queue.ts'
import type { Lane, LaneOwner } from './outgoing.ts'
import type { Pool } from './ports.ts'
import { ReaderCoverage, type Reader } from './reader-coverage.ts'
import { RunLists } from './run-lists.ts'
import type { Subscription } from './subscription.ts'
import { TopicScan } from './topic-scan.ts'
import { WildcardFetches, type ScansOwner, type ScanVisitor } from './wildcard-fetches.ts'

/** What the lanes need of the session whose they are. */
export interface LanesOwner extends Reader, ScansOwner, Pick<LaneOwner, 'clientid' | 'isInFlight' | 'isAckedElsewhere' | 'isQueued' | 'fed' | 'retainedAlone'> {
  readonly connected: boolean
  /** What it holds in memory. */
  readonly held: HeldBytes
  /** Lanes that it may have busy now. */
  readonly laneShare: number
  /** Highest QoS granted for the topic [MQTT-3.3.5-1]. */
  granted(topic: string): 0 | 1 | 2
  /** A message of the topic waits in memory. */
  isTopicQueued(topic: string): boolean
  /** Nothing holds back what waits in memory any more. */
  memoryFree(): void
  /** No lane of the topic drains any more: what waited behind it may go. */
  untail(topic: string): void
  /** For the counts of these rules: what they brought has gone out, `times` times. */
  brought(steps: readonly Step[], times: number): void
}

/**
 * All lanes of one session: which topics it reads from which pool, opened when a topic is
 * subscribed, found in an index, or woken, and given up when it is no longer covered.
 */
export class Lanes implements LaneOwner, ScanVisitor {
  readonly #owner: LanesOwner
  readonly #table = new LaneTable()
  readonly #busy = new BusyLanes()
  /** Readers of what a reload took away before it was read: until they end, nothing newer may pass them from memory. */
  readonly #owing = new LazySet<Lane | TopicScan>()
  /** Opened by a scan: given up when they have settled and acknowledgements are taken note of. */
  readonly #passing = new LazySet<Lane>()
  /** Readers that bring something, for the counts of the rules that asked: what and how often. */
  readonly #bringing = new LazyMap<Lane | TopicScan, { readonly steps: readonly Step[], times: number }>()
  /** Of what was sent from logs, now and before. */
  readonly runs: RunLists
  /** On this connection what earlier ones have subscribed to was fetched. */
  #fetched = false
  /** Fetches that a reload took away while nothing was read: served to their end at the next connection. */
  #drains: { readonly filter: string, readonly fetch: Fetch }[] = []
  readonly #coverage: ReaderCoverage
  readonly #wildcards: WildcardFetches

  constructor(owner: LanesOwner) {
    this.#owner = owner
    this.runs = new RunLists(owner, this)
    this.#coverage = new ReaderCoverage(owner)
    this.#wildcards = new WildcardFetches(owner, this.#coverage, this)
  }

  get clientid(): string {
    return this.#owner.clientid
  }

  get size(): number {
    return this.#table.size
  }

  // --- what is owed

  /** Reads what the store holds for a subscription: its lanes begin, or look again. */
  fetch(subscription: Subscription): void {
    if (subscription.qos === 0 || subscription.group !== undefined) return
    subscription.replaced = []
    const { filter } = subscription
    for (const fetch of this.#coverage.fetches(filter)) {
      const reader = this.#bring(filter, fetch)
      this.#bringing.set(reader, {
        steps: fetchSteps(this.#owner.rules(), filter, fetch),
        times: (this.#bringing.get(reader)?.times ?? 0) + 1,
      })
    }
  }

  #bring(filter: string, fetch: Fetch): Lane | TopicScan {
    if (!isWildcard(filter)) {
      const lane = this.#going(this.get(fetch.pool, filter, laneKind(fetch)))
      if (lane === undefined) {
        const opened = this.#open(filter, this.#coverOf(filter, fetch))
        if (opened.draining) this.#owing.add(opened)
        return opened
      }
      lane.again(!this.#coverOf(filter, fetch).acked)
      return lane
    }
    for (const lane of this.#table) {
      if (lane.pool === fetch.pool && lane.kind === laneKind(fetch) && matchesTopic(filter, lane.topic)) {
        lane.again(!this.#coverOf(lane.topic, fetch).acked)
      }
    }
    return this.#wildcards.begin(filter, fetch)
  }

  /** See {@link WildcardFetches.walk}. */
  walk(options: Parameters<WildcardFetches['walk']>[0]): TopicScan {
    return this.#wildcards.walk(options)
  }

  /** The lane that goes on; one that runs out may be before it. */
  get(pool: Pool, topic: string, kind: Lane['kind']): Lane | undefined {
    return this.#table.find(pool, topic, kind)
  }

  log(pool: Pool, topic: string): LogLane | undefined {
    const lane = this.get(pool, topic, 'log')
    return lane instanceof LogLane ? lane : undefined
  }

  /** The log lane of a topic that a retained message stands in; opened if the topic is covered. */
  logFor(pool: Pool, topic: string): LogLane | undefined {
    const lane = this.#going(this.get(pool, topic, 'log')) ?? this.#missing(pool, topic, 'log')
    return lane instanceof LogLane ? lane : undefined
  }

  /** How a pool's log of the topic would be read. */
  logCover(pool: Pool, topic: string): Cover | undefined {
    return this.#coverage.of(topic).find((cover) => cover.pool === pool && cover.kind !== 'latest')
  }

  /** The topic is also read from elsewhere than this pool. */
  readsElsewhere(topic: string, pool: Pool | undefined): boolean {
    return this.#table.of(topic).some((lane) => lane.pool !== pool)
      || this.#wildcards.mayFind(topic, (of) => of !== pool)
  }

  /** Something older of the topic may still come from this pool: no position may pass it. */
  mayOwe(pool: Pool, topic: string): boolean {
    return this.log(pool, topic) !== undefined || this.#isScanned(pool, topic)
      || this.runs.isOut(pool, topic)
  }

  #isScanned(pool: Pool, topic: string): boolean {
    return this.#wildcards.mayFind(topic, (of) => of === pool)
  }

  isDraining(topic: string): boolean {
    return this.#table.isDraining(topic)
  }

  /** A message was stored in a pool's log. True: the store owes it to this session, memory does not. */
  wakeLog(pool: Pool, record: MessageRecord, score: number | undefined, prev: number | undefined): boolean {
    const lane = this.logFor(pool, record.topic)
    if (lane === undefined) return this.#coverage.isStored(pool, record.topic, 'log')
    if (lane.isFresh && prev !== undefined) this.#takeOver(pool, record.topic, prev)
    lane.wake(score, prev, record)
    return true
  }

  /** A lane begins after this score: those that still run out end there. */
  #takeOver(pool: Pool, topic: string, score: number): void {
    for (const lane of this.#table.of(topic)) {
      if (lane.draining && lane.pool === pool && lane instanceof LogLane) lane.endAt(score)
    }
  }

  /** A message became a pool's latest of its topic. */
  wakeLatest(pool: Pool, record: MessageRecord): boolean {
    const lane = this.#going(this.get(pool, record.topic, 'latest')) ?? this.#missing(pool, record.topic, 'latest')
    if (!(lane instanceof LatestLane)) return this.#coverage.isStored(pool, record.topic, 'latest')
    lane.wake(record)
    return true
  }

  /** Somebody else stored something in the topic. */
  doubt(pool: Pool, topic: string): void {
    for (const kind of ['log', 'latest'] as const) {
      const lane = this.#going(this.get(pool, topic, kind))
      // one that a reload brought could skip what was stored since: rather all again than a gap
      if (lane === undefined) this.#missing(pool, topic, kind, { fresh: false })
      else lane.again(false)
    }
  }

  /** Latest messages have no place in an index: all are read again. */
  doubtLatest(): void {
    for (const lane of this.#table) if (lane.kind === 'latest') lane.doubt()
    for (const { filter, qos, group } of this.#owner.subscriptions.values()) {
      if (qos === 0 || group !== undefined || !isWildcard(filter)) continue
      for (const fetch of this.#coverage.fetches(filter)) if (fetch.kind === 'latest') this.#wildcards.begin(filter, fetch)
    }
  }

  /** Called while the window is open. */
  read(): void {
    this.#busy.read()
    this.#wildcards.scans.step()
  }

  // --- changes

  /** A filter came, went, or changed its QoS: what it covered or granted may differ now. */
  resubscribed(filter: string): void {
    this.#coverage.resubscribed(filter)
    const topics = isWildcard(filter) ? this.#table.topicsOf(filter) : [filter]
    for (const topic of topics) {
      const granted = this.#owner.granted(topic)
      for (const lane of [...this.#table.of(topic)]) {
        if (granted > 0) lane.granted = granted === 2 ? 2 : 1
        // the last filter that covered the topic is gone: what is in flight is finished, no more
        const covered = lane.draining || this.#coverage.of(topic).some((cover) => sameFetch(cover, fetchOf(lane)))
        if (granted === 0 || !covered) this.#drop(lane)
      }
    }
    this.#wildcards.regranted(filter, this.#owner.subscriptions.get(filter)?.qos)
  }

  /** The rules have changed: lanes go on, run out, or begin with the next message. */
  reload(before: Rules): void {
    this.#coverage.forget()
    for (const subscription of this.#owner.subscriptions.values()) {
      if (subscription.qos === 0 || subscription.group !== undefined) continue
      const { filter } = subscription
      const lost = this.#coverage.replace(subscription, before)
      if (!this.#owner.connected) for (const fetch of lost) this.#drains.push({ filter, fetch })
    }
    for (const lane of [...this.#table]) {
      // one that runs out does so to its end, whatever comes back meanwhile: another begins behind it
      if (lane.draining) continue
      const cover = this.#coverage.of(lane.topic).find((candidate) => candidate.stored && sameFetch(candidate, fetchOf(lane)))
      if (cover === undefined) lane.drain()
      else if (lane instanceof LogLane) lane.run = cover.positions ? this.runs.of(lane.pool, lane.topic) : undefined
    }
    this.#wildcards.beginPostponed()
    // scans go on: what they have not visited yet is served to its end all the same
    for (const { scan } of this.#wildcards.lost()) this.#owing.add(scan)
    this.#owner.wants()
  }

  /** The connection is there: what a reload took away meanwhile is served to its end. */
  attach(): void {
    this.#fetched = true
    for (const { filter, fetch } of this.#drains.splice(0)) {
      if (this.get(fetch.pool, filter, laneKind(fetch))?.draining === true) continue
      const reader = this.#bring(filter, fetch)
      if (reader instanceof TopicScan) this.#owing.add(reader)
    }
  }

  /** What waits in memory must let something older pass. */
  get holdsMemory(): boolean {
    return this.#owing.size > 0
  }

  /** The connection is gone: everything but positions is forgotten. */
  detach(): void {
    // whatever is still stored of what was read before has been read again
    if (this.#fetched && this.#wildcards.isOver) {
      this.runs.letAllGo()
    }
    this.#fetched = false
    for (const lane of this.#table) {
      if (lane.draining) this.#drains.push({ filter: lane.topic, fetch: fetchOf(lane) })
      lane.retire()
    }
    // what the rules still fetch is begun anew anyway
    for (const { filter, fetch } of this.#wildcards.lost()) this.#drains.push({ filter, fetch })
    this.#wildcards.detach()
    this.#bringing.clear()
    this.#owing.clear()
    this.#table.clear()
    this.#busy.clear()
    this.#passing.clear()
    this.#coverage.forget()
  }

  poolBack(pool: Pool, options: { readonly sameData: boolean }): void {
    for (const lane of this.#table) {
      if (lane.pool !== pool) continue
      if (options.sameData) lane.doubt()
      else lane.forget()
      this.hungry(lane)
    }
    if (!options.sameData) this.runs.forgetScores(pool)
    this.#owner.wants()
  }

  /** Nothing is read from this pool, and nothing will be. */
  isFreeOf(pool: Pool): boolean {
    return ![...this.#table].some((lane) => lane.pool === pool)
      && ![...this.#wildcards.scans].some((scan) => scan.pool === pool)
      && !this.#drains.some(({ fetch }) => fetch.pool === pool)
  }

  /** The pool is closed for good: what it still held stays there. */
  abandon(pool: Pool): void {
    this.#drains = this.#drains.filter(({ fetch }) => fetch.pool !== pool)
    this.runs.abandon(pool)
    for (const lane of [...this.#table]) if (lane.pool === pool) this.#drop(lane)
    this.#wildcards.abandon(pool)
  }

  /** Gives up lanes that have nothing to do and lose nothing by it: the next wake opens them anew. */
  dropIdle(): void {
    for (const lane of [...this.#table]) {
      if (lane.idle && this.#coverOf(lane.topic, fetchOf(lane)).acked) this.#drop(lane)
    }
  }

  // --- LaneOwner

  isInFlight(msgid: string): boolean {
    return this.#owner.isInFlight(msgid)
  }

  isAckedElsewhere(msgid: string, pool: Pool): boolean {
    return this.#owner.isAckedElsewhere(msgid, pool)
  }

  isQueued(msgid: string): boolean {
    return this.#owner.isQueued(msgid)
  }

  get held(): HeldBytes {
    return this.#owner.held
  }

  hungry(lane: Lane): void {
    this.#busy.hungry(lane)
    this.#owner.wants()
  }

  fed(lane: Lane): void {
    this.#busy.fed(lane)
    this.#owner.fed(lane)
  }

  settled(lane: Lane): void {
    // the lane may be in the middle of handing out its last message
    queueMicrotask(() => {
      // what it owed it has handed out, also one that goes on
      if (lane.idle) {
        this.#noteBrought(lane)
        this.#noteEnd(lane)
        this.#busy.rest(lane)
      }
      if (this.#passing.delete(lane) && lane.idle) this.#drop(lane)
      else this.#tellScans(lane)
      this.#noteRoom()
    })
  }

  ended(lane: Lane): void {
    this.#noteBrought(lane)
    this.#drop(lane)
  }

  refused(lane: Lane, error: Error): void {
    const rules = this.#owner.rules()
    const steps = Array.from(this.#coverage.matching(lane.topic), ({ filter }) => fetchSteps(rules, filter, fetchOf(lane))).flat()
    this.#owner.refused([...new Set(steps)], error)
  }

  later(callback: () => void): void {
    this.#owner.later(callback)
  }

  retainedAlone(record: MessageRecord): void {
    this.#owner.retainedAlone(record)
  }

  // --- ScanVisitor

  visit(scan: TopicScan, topic: string, fetch: Fetch): boolean {
    // whoever has a lane reads it already
    if (this.get(fetch.pool, topic, laneKind(fetch)) !== undefined) return false
    const cover = this.#coverOf(topic, fetch)
    const lane = this.#open(topic, cover)
    if (cover.acked) this.#passing.add(lane)
    if (this.#owing.has(scan) || lane.draining) this.#owing.add(lane)
    return true
  }

  scanned(scan: TopicScan): void {
    this.#noteBrought(scan)
    this.#noteEnd(scan)
  }

  stopped(scan: TopicScan): void {
    this.#bringing.delete(scan)
    this.#noteEnd(scan)
  }

  // --- inside

  #tellScans(lane: Lane): void {
    this.#wildcards.scans.settled(lane.pool, lane.kind === 'log' ? 'logs' : 'latest', lane.topic)
  }

  /** There may be room again: to read for those that wait, and for topics that had to wait. */
  #noteRoom(): void {
    if (this.#busy.hasHungry) this.#owner.wants()
    if (this.#wildcards.hasPostponed && this.#busy.size <= this.#owner.laneShare / 2) this.#wildcards.beginPostponed()
  }

  #open(topic: string, cover: Cover, options: { readonly fresh: boolean } = { fresh: false }): Lane {
    const { pool } = cover
    const { fresh } = options
    const granted = this.#owner.granted(topic) === 2 ? 2 : 1
    const lane: Lane = cover.kind === 'latest'
      ? new LatestLane({ owner: this, pool, topic, granted, fresh })
      : new LogLane({ owner: this, pool, topic, kind: cover.kind, granted, fresh, run: cover.positions ? this.runs.of(pool, topic) : undefined })
    const earlier = this.#table.of(topic)
    // order within the topic: what runs out goes first, and before what begins now what waits in memory
    if (earlier.some((other) => other.draining)) {
      lane.waitsFor = [...lane.waitsFor, () => this.#table.of(topic).some((other) => other.draining && earlier.includes(other))]
    }
    if (fresh) lane.waitsFor = [...lane.waitsFor, () => this.#owner.isTopicQueued(topic)]
    this.#table.add(lane)
    if (!cover.stored) lane.drain()
    if (!fresh) this.hungry(lane)
    return lane
  }

  #noteBrought(reader: Lane | TopicScan): void {
    const bringing = this.#bringing.get(reader)
    if (bringing === undefined) return
    this.#bringing.delete(reader)
    this.#owner.brought(bringing.steps, bringing.times)
  }

  #noteEnd(reader: Lane | TopicScan): void {
    if (this.#owing.delete(reader) && this.#owing.size === 0) this.#owner.memoryFree()
  }

  #drop(lane: Lane): void {
    const { topic } = lane
    lane.retire()
    this.#noteEnd(lane)
    this.#busy.delete(lane)
    this.#bringing.delete(lane)
    this.#passing.delete(lane)
    const rest = this.#table.delete(lane)
    if (lane instanceof LogLane && lane.run !== undefined) this.runs.letGo(lane.pool, topic)
    if (!rest.some((other) => other.draining)) this.#owner.untail(topic)
    // those that waited for it
    for (const other of rest) this.#owner.fed(other)
    this.#tellScans(lane)
    this.#noteRoom()
  }

  #going(lane: Lane | undefined): Lane | undefined {
    return lane?.draining === true ? undefined : lane
  }

  /** Covered and connected, but without a lane. */
  #missing(pool: Pool, topic: string, kind: Lane['kind'], options: { readonly fresh?: boolean } = {}): Lane | undefined {
    if (!this.#owner.connected) return undefined
    const cover = this.#coverage.of(topic).find((candidate) => candidate.pool === pool && candidate.stored && laneKind(candidate) === kind)
    if (cover === undefined) return undefined
    // behind one that runs out it begins where that ends: at its first message
    const behind = this.get(pool, topic, kind)?.draining === true
    const fresh = options.fresh ?? (behind || (this.#coverage.isNew(topic, cover) && !this.#isScanned(pool, topic)))
    if (!fresh && this.#busy.size >= this.#owner.laneShare && this.#wildcards.postpone(topic, cover)) return undefined
    return this.#open(topic, cover, { fresh })
  }

  /** The cover that a fetch means for a topic; one that the rules no longer know is served to its end. */
  #coverOf(topic: string, fetch: Fetch): Cover {
    return this.#coverage.meant(topic, fetch)
      ?? { ...fetch, stored: false, acked: true, positions: this.runs.has(fetch.pool, topic) }
  }
}

function fetchOf(lane: Lane): Fetch {
  return { pool: lane.pool, kind: lane instanceof LogLane ? lane.logKind : 'latest' }
}
