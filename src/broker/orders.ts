import { filterProblem } from '../language/topic-filter.ts'
import type { Counters } from '../engine/counters.ts'
import type { Log } from '../engine/log-port.ts'

/** Carries out an order for a client that is connected here, and nothing for any other. */
export interface OrderPort {
  /** `filter` can be served. */
  subscribe(clientid: string, filter: string, qos: 0 | 1 | 2): void
  unsubscribe(clientid: string, filter: string): void
}

/** Longer than any order for a client id and a filter of 65,535 bytes, however they are escaped. */
const MAX_BYTES = 1024 * 1024
/** One line for each reason in so long; the rest is only counted. Milliseconds. */
const LOG_EVERY_MS = 60_000

/**
 * What applications publish on a pool's channel (SPEC 5.3; "EMQ X 4.4 Redis backend", subscribing by
 * Redis Pub/Sub). What is no order is counted and logged, its text never, and nothing else happens.
 */
export class Orders {
  readonly #port: OrderPort
  readonly #counters: Counters
  readonly #log: Log
  /** Milliseconds. */
  readonly #now: () => number
  /** By pool and reason. */
  readonly #logged = new Map<string, number>()

  constructor(options: { readonly port: OrderPort, readonly counters: Counters, readonly log: Log, readonly now: () => number }) {
    this.#port = options.port
    this.#counters = options.counters
    this.#log = options.log
    this.#now = options.now
  }

  /** `pool`: the name of the pool on whose channel it came. */
  take(text: Buffer, pool: string): void {
    const order = readOrder(text)
    if (typeof order === 'string') return this.#refuse(pool, order, text.length)
    const { type, clientid, filter, qos } = order
    if (type === 'subscribe') this.#port.subscribe(clientid, filter, qos)
    else this.#port.unsubscribe(clientid, filter)
  }

  #refuse(pool: string, reason: string, bytes: number): void {
    this.#counters.ordersRefused++
    const key = `${pool} ${reason}`
    const [now, last] = [this.#now(), this.#logged.get(key)]
    if (last !== undefined && now - last < LOG_EVERY_MS) return
    this.#logged.set(key, now)
    this.#log.warn({ pool, reason, bytes, ordersRefused: this.#counters.ordersRefused }, 'what came on the channel is no order')
  }
}

interface Order {
  readonly type: 'subscribe' | 'unsubscribe'
  readonly clientid: string
  readonly filter: string
  readonly qos: 0 | 1 | 2
}

/** The order, or why it is none: one of a few fixed clauses, without anything of the text. */
function readOrder(bytes: Buffer): Order | string {
  if (bytes.length > MAX_BYTES) return 'it is too long'
  const parsed = parseJson(bytes)
  if (parsed === undefined) return 'it is no JSON'
  if (typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) return 'it is no object'
  const { type, topic, clientid, qos }: { type?: unknown, topic?: unknown, clientid?: unknown, qos?: unknown } = parsed.value
  if (type !== 'subscribe' && type !== 'unsubscribe') return '"type" is not "subscribe" or "unsubscribe"'
  if (typeof clientid !== 'string' || clientid === '') return '"clientid" is no text'
  if (typeof topic !== 'string') return '"topic" is no text'
  // as of mqtt:sub: a shared subscription is the client's own choice
  if (filterProblem(topic) !== undefined || topic.startsWith('$share/')) return '"topic" is no filter that can be served'
  const wanted = type === 'unsubscribe' ? 0 : QOS.get(qos)
  if (wanted === undefined) return '"qos" is not 0, 1 or 2'
  return { type, clientid, filter: topic, qos: wanted }
}

/** EMQ X wrote it as a text; absent is 0 [ours]. */
const QOS: ReadonlyMap<unknown, 0 | 1 | 2> = new Map<unknown, 0 | 1 | 2>([[undefined, 0], [0, 0], [1, 1], [2, 2], ['0', 0], ['1', 1], ['2', 2]])

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Undefined: it is none. */
function parseJson(bytes: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(UTF8.decode(bytes)) }
  } catch {
    // both fail with their own kind of error only, and the text may not be quoted
    return undefined
  }
}
