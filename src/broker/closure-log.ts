import type { Clock } from '../delivery/ports.ts'
import type { ClosureCount } from '../engine/counters.ts'
import type { Log } from '../engine/log-port.ts'
import { BoundedLog } from './bounded-log.ts'

/** Why the broker ended a connection: what `${reason}` of `client.disconnected` says (SPEC 2), and in words. */
export const CLOSED_BY_BROKER = {
  held: { reason: 'held', who: 'a publisher was closed unacknowledged', why: 'Redis did not confirm its message in time' },
  store_refused: { reason: 'held', who: 'a publisher was closed unacknowledged', why: 'Redis refused its message for good' },
  not_reading: { reason: 'limit', who: 'a subscriber was closed', why: 'it does not read what it is sent' },
  protocol: { reason: 'protocol', who: 'a client was closed', why: 'it sent what MQTT does not allow' },
  limit: { reason: 'limit', who: 'a client was closed', why: 'it sent more than a limit allows' },
  turned_away: { reason: 'limit', who: 'a connection was closed at once', why: 'there are as many as max_connections or max_conn_rate of its listener allow' },
  handshake: { reason: 'protocol', who: 'a connection ended before MQTT', why: 'its TLS handshake failed' },
} as const

/** Endings that are counted and never logged: they are nobody's mistake, or a scanner's of ports. */
const COUNTED_ONLY = {
  keepalive: 'it sent nothing for one and a half times its keepalive',
  takeover: 'its client id came again',
  no_connect: 'its CONNECT did not come within mqtt.idle_timeout',
} as const

/** Says in the log which connections the broker has ended, a bounded number of them by name, and counts all. */
export class ClosureLog {
  readonly #log: BoundedLog
  readonly #counts = new Map<string, { reason: string, why: string, count: number }>()

  constructor(log: Log, clock: Clock) {
    this.#log = new BoundedLog(log, clock)
  }

  /** Since the start, the most frequent first. */
  get counts(): readonly ClosureCount[] {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count)
  }

  /** `clientid` is absent before CONNECT was accepted; `problem` says more of the reason, is one of a few and quotes nothing of the client's. */
  note(clientid: string | undefined, reason: keyof typeof CLOSED_BY_BROKER, problem?: string): void {
    this.count(reason, problem)
    const { who, why } = CLOSED_BY_BROKER[reason]
    this.#log.warn(reason, {
      fields: { clientid, reason, problem }, message: `${who}: ${why}`, beyond: 'more connections were closed for the same reason',
    })
  }

  /** Of an ending that is not to be logged, or not again. */
  count(reason: keyof typeof CLOSED_BY_BROKER | keyof typeof COUNTED_ONLY, problem?: string): void {
    const why = problem ?? (isCountedOnly(reason) ? COUNTED_ONLY[reason] : CLOSED_BY_BROKER[reason].why)
    const key = `${reason} ${why}`
    const counted = this.#counts.get(key) ?? { reason, why, count: 0 }
    this.#counts.set(key, counted)
    counted.count++
  }
}

function isCountedOnly(reason: keyof typeof CLOSED_BY_BROKER | keyof typeof COUNTED_ONLY): reason is keyof typeof COUNTED_ONLY {
  return Object.hasOwn(COUNTED_ONLY, reason)
}
