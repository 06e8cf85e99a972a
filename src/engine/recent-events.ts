import { hash, randomBytes } from 'node:crypto'
import type { HookEvent } from '../actions/action.ts'
import type { MessageRecord } from '../actions/message-record.ts'
import { HOOK_NAMES, type HookName } from '../language/hooks.ts'

/** An event that happened, whether or not a rule ran on it. As JSON it leaves out what is undefined. */
export interface RecentEvent {
  readonly hook: HookName
  /** Milliseconds since 1970. */
  readonly at: number
  readonly clientid: string
  readonly username?: string
  readonly topic?: string
  readonly msgid?: string
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  readonly reason?: string
  /** A resumed session brought the subscription back: of its rules only those that fetch ran (SPEC 2). */
  readonly resumed?: boolean
  /** Of `message.publish`. */
  readonly payloadBytes?: number
  /** Equal for equal payloads of one broker process, and else says nothing about them. Some have none when there are thousands a second, or megabytes. */
  readonly payloadHash?: string
  /** Base64; with `events.keep_payload = on`. */
  readonly payload?: string
}

/** What is remembered at one moment. */
export interface RecentLook {
  /** From when to when events were counted. Milliseconds since 1970. */
  readonly since: number
  readonly until: number
  /** All events of each hook in that time, those that are forgotten included. */
  readonly counts: Readonly<Record<HookName, number>>
  /** Oldest first. */
  readonly events: readonly RecentEvent[]
}

/** An event of any hook but `message.publish`. */
export type Happened = Pick<HookEvent, 'hook' | 'clientid' | 'username' | 'topic' | 'msgid' | 'qos' | 'reason'> & { readonly resumed?: boolean }

/** `events.keep` and `events.keep_payload`. */
export interface RecentSettings {
  /** Events; 0: none. */
  readonly eventsKeep: number
  readonly eventsKeepPayload: boolean
}

/** Characters of topics, client ids, user names and msgids together; beyond it the oldest events go before their time. */
const TEXT_BOUND = 4 * 1024 * 1024
/** Bytes of the buffers that payloads lie in, with `events.keep_payload`; beyond it the oldest payloads go, and their events stay. */
const PAYLOAD_BOUND = 16 * 1024 * 1024
/** Milliseconds for which the next two bound what is hashed: a hash takes a microsecond or two, and of a mebibyte two thousand. */
const HASHING_MS = 200
const MOST_HASHES = 500
const MOST_HASHED_BYTES = 1024 * 1024
/** Hexadecimal digits of a payload's hash, which a number holds: of 5,000 payloads hardly two share one. */
const HASH_DIGITS = 12
const NO_HASH = Number.NaN

/** The place of one event. */
interface Slot {
  hook: HookName
  at: number
  clientid: string
  username: string | undefined
  topic: string | undefined
  msgid: string | undefined
  qos: 0 | 1 | 2 | undefined
  retain: boolean | undefined
  reason: string | undefined
  resumed: boolean | undefined
  payloadBytes: number | undefined
  payloadHash: number
  payload: Buffer | undefined
  /** What it adds to those that {@link TEXT_BOUND} and {@link PAYLOAD_BOUND} bound. */
  characters: number
  payloadBufferBytes: number
}

/**
 * The last events of a running broker, for `hookline plan` and `why --live`. Bounded in number, in characters and in
 * bytes of payloads. An event takes a place that is there already, numbers, and as few references as
 * can be: what one refers to outlives its message, and is copied by two garbage collections. So a payload is
 * hashed at once and not held, unless `events.keep_payload` is on; beyond what may be hashed, it has no hash.
 */
export class RecentEvents {
  readonly #now: () => number
  /** So that nobody finds a payload by hashing what it may be. */
  readonly #secret = randomBytes(16)
  #settings: RecentSettings
  #since: number
  #counts = noneOfAny()
  /** Event `n` lies at `n % eventsKeep`. */
  #slots: Slot[] = []
  /** Numbers of the oldest event that is there, of the first that may have its payload, and of the next to come. */
  #oldest = 0
  #firstKept = 0
  #next = 0
  #characters = 0
  #keptBytes = 0
  /** Payloads that came in one piece from the network lie in one buffer: it counts once. */
  #lastBuffer: ArrayBufferLike | undefined
  /** What was hashed since then. */
  #hashing = { since: 0, hashes: 0, bytes: 0 }

  /** `now` in milliseconds since 1970. */
  constructor(settings: RecentSettings, now: () => number) {
    this.#settings = settings
    this.#now = now
    this.#since = now()
  }

  /** A `message.publish`; `at` in milliseconds since 1970. */
  published(record: MessageRecord, username: string | undefined, at: number): void {
    if (this.#settings.eventsKeep === 0) return
    const slot = this.#place('message.publish', at)
    slot.clientid = record.from
    slot.username = username
    slot.topic = record.topic
    slot.msgid = record.id
    slot.qos = record.qos
    slot.retain = record.retain
    slot.payloadBytes = record.payload.length
    if (this.#settings.eventsKeepPayload) this.#keep(slot, record.payload)
    else slot.payloadHash = this.#hashOf(record.payload, at)
    this.#count(slot)
  }

  /** An event of any other hook, now. */
  happened(event: Happened): void {
    if (this.#settings.eventsKeep === 0) return
    const slot = this.#place(event.hook, this.#now())
    slot.clientid = event.clientid
    slot.username = event.username
    slot.topic = event.topic
    slot.msgid = event.msgid
    slot.qos = event.qos
    slot.reason = event.reason
    slot.resumed = event.resumed
    this.#count(slot)
  }

  /** Goes by other settings from now on; of what it has, it keeps what they allow. */
  change({ eventsKeep, eventsKeepPayload }: RecentSettings): void {
    if (eventsKeep !== this.#settings.eventsKeep) {
      while (this.#next - this.#oldest > eventsKeep) this.#forgetOldest()
      this.#slots = this.#numbers().map((number) => this.#slot(number))
      if (this.#settings.eventsKeep === 0 || eventsKeep === 0) this.#startOver()
      this.#firstKept -= this.#oldest
      this.#next -= this.#oldest
      this.#oldest = 0
    }
    this.#settings = { eventsKeep, eventsKeepPayload }
    if (eventsKeepPayload) return
    while (this.#firstKept < this.#next) this.#dropOldestPayload()
    this.#lastBuffer = undefined
  }

  look(): RecentLook {
    return {
      since: this.#since,
      until: this.#now(),
      counts: { ...this.#counts },
      events: this.#numbers().map((number) => eventIn(this.#slot(number))),
    }
  }

  #numbers(): readonly number[] {
    return Array.from({ length: this.#next - this.#oldest }, (_, i) => this.#oldest + i)
  }

  #startOver(): void {
    this.#since = this.#now()
    this.#counts = noneOfAny()
  }

  #slot(number: number): Slot {
    const slot = this.#slots[number % this.#settings.eventsKeep]
    if (slot === undefined) throw new Error(`no event ${number}`)
    return slot
  }

  /** A place with nothing in it but these. */
  #place(hook: HookName, at: number): Slot {
    this.#counts[hook]++
    const { eventsKeep } = this.#settings
    if (this.#next - this.#oldest >= eventsKeep) this.#forgetOldest()
    const slot = this.#slots[this.#next % eventsKeep] ??= emptySlot()
    this.#next++
    slot.hook = hook
    slot.at = at
    return slot
  }

  #count(slot: Slot): void {
    slot.characters = slot.clientid.length + (slot.username?.length ?? 0) + (slot.topic?.length ?? 0) + (slot.msgid?.length ?? 0)
    this.#characters += slot.characters
    while (this.#characters > TEXT_BOUND) this.#forgetOldest()
  }

  #forgetOldest(): void {
    if (this.#firstKept === this.#oldest) this.#dropOldestPayload()
    const slot = this.#slot(this.#oldest)
    this.#characters -= slot.characters
    empty(slot)
    this.#oldest++
  }

  #keep(slot: Slot, payload: Buffer): void {
    const { buffer } = payload
    slot.payload = payload
    slot.payloadBufferBytes = buffer === this.#lastBuffer ? 0 : buffer.byteLength
    this.#lastBuffer = buffer
    this.#keptBytes += slot.payloadBufferBytes
    while (this.#keptBytes > PAYLOAD_BOUND && this.#firstKept < this.#next) this.#dropOldestPayload()
  }

  /** Of the first event that may have one. */
  #dropOldestPayload(): void {
    const slot = this.#slot(this.#firstKept)
    slot.payload = undefined
    this.#keptBytes -= slot.payloadBufferBytes
    slot.payloadBufferBytes = 0
    this.#firstKept++
  }

  #hashOf(payload: Buffer, at: number): number {
    const passed = at - this.#hashing.since
    // a clock may go back
    if (passed >= HASHING_MS || passed < 0) this.#hashing = { since: at, hashes: 0, bytes: 0 }
    if (this.#hashing.hashes >= MOST_HASHES || this.#hashing.bytes + payload.length > MOST_HASHED_BYTES) return NO_HASH
    this.#hashing.hashes++
    this.#hashing.bytes += payload.length
    return Number.parseInt(hash('sha256', Buffer.concat([this.#secret, payload]), 'hex').slice(0, HASH_DIGITS), 16)
  }
}

function noneOfAny(): Record<HookName, number> {
  return Object.fromEntries(HOOK_NAMES.map((hook) => [hook, 0])) as Record<HookName, number> // fromEntries forgets the names
}

function emptySlot(): Slot {
  return {
    hook: 'message.publish', at: 0, clientid: '', username: undefined, topic: undefined, msgid: undefined, qos: undefined, retain: undefined,
    reason: undefined, resumed: undefined, payloadBytes: undefined, payloadHash: NO_HASH, payload: undefined, characters: 0, payloadBufferBytes: 0,
  }
}

function eventIn({ hook, at, clientid, username, topic, msgid, qos, retain, reason, resumed, payloadBytes, payloadHash, payload }: Slot): RecentEvent {
  return { hook, at, clientid, username, topic, msgid, qos, retain, reason, resumed, payloadBytes, payloadHash: textOf(payloadHash), payload: payload?.toString('base64') }
}

function textOf(payloadHash: number): string | undefined {
  return Number.isNaN(payloadHash) ? undefined : payloadHash.toString(16).padStart(HASH_DIGITS, '0')
}

/** So that nothing of it is kept alive, and nothing of it is taken for the next one's. */
function empty(slot: Slot): void {
  slot.clientid = ''
  slot.username = undefined
  slot.topic = undefined
  slot.msgid = undefined
  slot.qos = undefined
  slot.retain = undefined
  slot.reason = undefined
  slot.resumed = undefined
  slot.payloadBytes = undefined
  slot.payloadHash = NO_HASH
}
