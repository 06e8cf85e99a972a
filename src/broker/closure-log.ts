import type { Clock } from '../delivery/ports.ts'
import type { Log } from '../engine/log-port.ts'

/** Why the broker ended a connection: what `${reason}` of `client.disconnected` says (SPEC 2), and in words. */
export const CLOSED_BY_BROKER = {
  held: { reason: 'held', words: 'a publisher was closed unacknowledged: Redis did not confirm its message in time' },
  store_refused: { reason: 'held', words: 'a publisher was closed unacknowledged: Redis refused its message for good' },
  not_reading: { reason: 'limit', words: 'a subscriber was closed: it does not read what it is sent' },
  protocol: { reason: 'protocol', words: 'a client was closed: it sent what MQTT does not allow' },
  limit: { reason: 'limit', words: 'a client was closed: it sent more than a limit allows' },
  turned_away: { reason: 'limit', words: 'a connection was closed at once: there are as many as max_connections or max_conn_rate of its listener allow' },
  handshake: { reason: 'protocol', words: 'a connection ended before MQTT: its TLS handshake failed' },
} as const

/** Lines per reason and minute; an outage closes thousands. */
const LINES = 20
const WINDOW_MS = 60_000

/** Says in the log which connections the broker has ended, a bounded number of them by name. */
export class ClosureLog {
  readonly #log: Log
  readonly #clock: Clock
  readonly #windows = new Map<string, { since: number, count: number }>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** `clientid` is absent before CONNECT was accepted; `problem` says more of the reason and quotes nothing of the client's. */
  note(clientid: string | undefined, reason: keyof typeof CLOSED_BY_BROKER, problem?: string): void {
    const now = this.#clock.now()
    let window = this.#windows.get(reason)
    if (window === undefined || now - window.since >= WINDOW_MS) {
      const unsaid = window === undefined ? 0 : Math.max(0, window.count - LINES)
      if (unsaid > 0) this.#log.warn({ reason, unsaid }, 'more connections were closed for the same reason')
      window = { since: now, count: 0 }
      this.#windows.set(reason, window)
    }
    window.count++
    if (window.count <= LINES) this.#log.warn({ clientid, reason, problem }, CLOSED_BY_BROKER[reason].words)
  }
}
