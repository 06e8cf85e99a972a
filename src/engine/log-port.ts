/** Facts beside a line's message, in flat names. Never a secret, a payload, or a text without bound. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * Where the running broker says what is worth waking for: one line per event, counters for the
 * rest. Handed in as a port; never throws. An error goes under `err`.
 */
export interface Log {
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}
