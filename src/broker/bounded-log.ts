import type { Clock } from '../delivery/ports.ts'
import type { Log, LogFields } from '../engine/log-port.ts'

/** Lines of one kind a minute; an outage closes thousands, and a full log holds up the whole process. */
const LINES = 20
const WINDOW_MS = 60_000
/** Characters of a text: client ids and topics may have 65,535. */
const TEXT = 200

/** What clients cause to be said: of each kind a bounded number of lines, and how many there were beyond them. */
export class BoundedLog {
  readonly #log: Log
  readonly #clock: Clock
  readonly #windows = new Map<string, { since: number, count: number }>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** `kind` is one of a few, never a client's words; `beyond` says what the lines left out would have said. */
  warn(kind: string, line: { readonly fields: LogFields, readonly message: string, readonly beyond: string }): void {
    const now = this.#clock.now()
    let window = this.#windows.get(kind)
    if (window === undefined || now - window.since >= WINDOW_MS) {
      const unsaid = window === undefined ? 0 : Math.max(0, window.count - LINES)
      if (unsaid > 0) this.#log.warn({ reason: kind, unsaid }, line.beyond)
      window = { since: now, count: 0 }
      this.#windows.set(kind, window)
    }
    window.count++
    if (window.count <= LINES) this.#log.warn(clipped(line.fields), line.message)
  }
}

function clipped(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, TEXT) : value]))
}
