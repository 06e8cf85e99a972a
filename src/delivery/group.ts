import type { MessageRecord } from '../actions/message-record.ts'
import type { Rules } from '../engine/rules.ts'
import type { Step } from '../plan/program.ts'
import { AckedLately } from './acked-lately.ts'
import { Lanes, type LanesOwner } from './lanes.ts'
import { HeldBytes, type MemoryBudget } from './memory-queue.ts'
import type { Lane } from './outgoing.ts'
import type { Clock, Placed, Pool } from './ports.ts'
import type { Session } from './session.ts'
import type { Subscription } from './subscription.ts'

/** What a group needs of the delivery around it. */
export interface GroupPorts {
  readonly clock: Clock
  readonly budget: MemoryBudget
  /** Busy lanes that one reader may have now. */
  laneShare(): number
  rules(): Rules
  /** The group has something to do at the end of this turn. */
  wants(group: Group): void
  brought(steps: readonly Step[], times: number): void
  refused(steps: readonly Step[], error: Error): void
}

/** Milliseconds until a read that Redis refused is tried again. */
const RETRY_MS = 1000
/** Remembered to say DUP of them; many may have expired since. */
const RETURNED = 1000

/**
 * A shared subscription `$share/<group>/<filter>`: of what a queue rule stores there is one reader
 * for all members, and each message goes to the one with the most room; anything else is dealt
 * round robin (DELIVERY 3.6).
 */
export class Group implements LanesOwner {
  readonly clientid = ''
  readonly shared = true
  readonly filter: string
  readonly subscriptions: ReadonlyMap<string, Subscription>
  readonly held: HeldBytes
  readonly lanes: Lanes
  readonly #ports: GroupPorts
  readonly #subscription: Subscription
  /** Who was served last is last. */
  readonly #members = new Map<Session, 0 | 1 | 2>()
  /** Have left with something on its way to them, or half received. */
  readonly #leavers = new Set<Session>()
  #turns: Lane[] = []
  readonly #inTurn = new Set<Lane>()
  /** Were sent to a member that has left without acknowledging them. */
  readonly #returned = new Set<string>()
  readonly #acked = new AckedLately()
  #dealt = 0

  constructor(filter: string, ports: GroupPorts) {
    this.filter = filter
    this.#ports = ports
    this.#subscription = { filter, qos: 0, own: true, replaced: [], group: undefined }
    this.subscriptions = new Map([[filter, this.#subscription]])
    this.held = new HeldBytes(ports.budget)
    this.lanes = new Lanes(this)
  }

  /** Highest QoS granted to a member. */
  get qos(): 0 | 1 | 2 {
    return this.#subscription.qos
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  /** It has no member, and nothing of it is on its way to one that has left. */
  get isOver(): boolean {
    return this.isEmpty && ![...this.#leavers].some((leaver) => leaver.window.hasOf(this))
  }

  get connected(): boolean {
    for (const member of this.#members.keys()) if (member.connected) return true
    return false
  }

  join(session: Session, qos: 0 | 1 | 2): void {
    this.#members.set(session, qos)
    session.groups.add(this)
    this.#regrant()
  }

  leave(session: Session): void {
    this.#members.delete(session)
    session.groups.delete(this)
    this.#regrant()
    if (!session.connected) return this.gone(session)
    // what a connected one has begun to receive it finishes [MQTT-3.10.4-3]
    this.#leavers.add(session)
    if (!this.connected) this.#rest()
  }

  /** A member is there: what is stored is read. */
  here(): void {
    this.lanes.fetch(this.#subscription)
  }

  /** A member's connection is gone, or it has left: what it has not acknowledged is somebody else's now. */
  gone(session: Session): void {
    const back = session.handBack(this)
    // it may come back for what it has half received
    if (!this.#members.has(session) && session.window.hasOf(this)) this.#leavers.add(session)
    else this.#leavers.delete(session)
    if (!this.connected) return this.#rest()
    for (const { msgid, topic, pool } of back) {
      this.#returned.add(msgid)
      if (this.#returned.size > RETURNED) this.#forgetReturned()
      // it lies behind the reader: read again from the beginning, past what others have in flight
      const lane = this.lanes.get(pool, topic, 'log')
      if (lane === undefined) this.lanes.doubt(pool, topic)
      else lane.forget()
    }
  }

  #forgetReturned(): void {
    for (const oldest of this.#returned) {
      this.#returned.delete(oldest)
      return
    }
  }

  /** Nobody is there to read for. */
  #rest(): void {
    this.lanes.detach()
    this.#turns = []
    this.#inTurn.clear()
    this.#returned.clear()
  }

  /** A message that was published: to the reader of the queue, or to the member whose turn it is. */
  receive(record: MessageRecord, placed: readonly Placed[]): void {
    let covered = false
    for (const { pool, kind, stored } of placed) {
      if (kind !== 'log' || record.qos === 0) continue
      covered = this.lanes.wakeLog(pool, record, stored?.score, stored?.prev) || covered
    }
    if (covered) return
    const member = this.#next()
    if (member === undefined) return
    const granted = this.#members.get(member) ?? 0
    const qos = record.qos < granted ? record.qos : granted
    if (qos === 0) member.sendQos0(record)
    else member.enqueue(record, qos)
  }

  /** Hands out what was read, as long as a member has room; then reads on. */
  pump(): void {
    const waiting: Lane[] = []
    for (let member = this.#freest(); member !== undefined; member = this.#freest()) {
      const lane = this.#turns.shift()
      if (lane === undefined) break
      const outgoing = lane.ready ? lane.take() : undefined
      if (outgoing !== undefined) {
        const granted = this.#members.get(member) ?? 0
        this.#members.delete(member)
        this.#members.set(member, granted)
        member.deliver({ ...outgoing, qos: outgoing.qos < granted ? outgoing.qos : granted }, {
          group: this, dup: this.#returned.delete(outgoing.record.id),
        })
      }
      if (lane.ready) this.#turns.push(lane)
      else if (lane.waiting) waiting.push(lane)
      else this.#inTurn.delete(lane)
    }
    this.#turns.push(...waiting)
    if (this.#freest() !== undefined) this.lanes.read()
  }

  // --- LanesOwner

  rules(): Rules {
    return this.#ports.rules()
  }

  get laneShare(): number {
    return this.#ports.laneShare()
  }

  granted(): 0 | 1 | 2 {
    return this.qos
  }

  /** A member has acknowledged a message of the group. */
  noteAcked(msgid: string, topic: string, pool: Pool): void {
    if (this.lanes.readsElsewhere(topic, pool)) this.#acked.note(msgid, pool)
  }

  /** What a member has by a subscription of its own is not the group's. */
  isInFlight(msgid: string): boolean {
    for (const member of this.#members.keys()) if (member.window.hasOf(this, msgid)) return true
    for (const leaver of this.#leavers) {
      if (!leaver.window.hasOf(this)) this.#leavers.delete(leaver)
      else if (leaver.window.hasOf(this, msgid)) return true
    }
    return false
  }

  isAckedElsewhere(msgid: string, pool: Pool): boolean {
    return this.#acked.isElsewhere(msgid, pool)
  }

  /** Members' queues hold only what no rule covers. */
  isQueued(): boolean {
    return false
  }

  isTopicQueued(): boolean {
    return false
  }

  wants(): void {
    this.#ports.wants(this)
  }

  fed(lane: Lane): void {
    this.wants()
    if (this.#inTurn.has(lane)) return
    this.#inTurn.add(lane)
    this.#turns.push(lane)
  }

  /** Nothing waits behind the lanes of a group. */
  untail(): void {}

  memoryFree(): void {}

  /** Shared subscriptions get no retained messages. */
  retainedAlone(): void {}

  brought(steps: readonly Step[], times: number): void {
    this.#ports.brought(steps, times)
  }

  refused(steps: readonly Step[], error: Error): void {
    this.#ports.refused(steps, error)
  }

  later(callback: () => void): void {
    this.#ports.clock.after(RETRY_MS, () => { if (this.connected) callback() })
  }

  // --- inside

  #regrant(): void {
    let highest: 0 | 1 | 2 = 0
    for (const qos of this.#members.values()) if (qos > highest) highest = qos
    this.#subscription.qos = highest
    this.lanes.resubscribed(this.filter)
  }

  /** The member with the most room in its window; who was granted QoS 0 takes nothing from a queue. */
  #freest(): Session | undefined {
    let freest: Session | undefined
    for (const [member, qos] of this.#members) {
      if (qos > 0 && member.room > (freest?.room ?? 0)) freest = member
    }
    return freest
  }

  /** Round robin over the members that are connected, else over those that will be back. */
  #next(): Session | undefined {
    const members = [...this.#members.keys()]
    const connected = members.filter((member) => member.connected)
    const among = connected.length > 0 ? connected : members
    this.#dealt++
    return among[this.#dealt % Math.max(among.length, 1)]
  }
}
