import type { MessageRecord } from '../actions/message-record.ts'
import type { Outgoing } from './outgoing.ts'

/** Payloads of looked-up retained messages that wait; beyond, no more are looked up. */
const BACKLOG_BYTES = 256 * 1024

/** Retained messages of new subscriptions that wait to be sent: any number, taken one by one from where they are. */
export class RetainedBacklog {
  /** By where they are from; made when there are some. */
  #waiting: Map<string, { readonly records: Iterator<MessageRecord>, readonly granted: 0 | 1 | 2, readonly bytes: number }> | undefined
  /** Of payloads in it that were looked up. */
  #bytes = 0

  get isEmpty(): boolean {
    return this.#waiting === undefined || this.#waiting.size === 0
  }

  /** Little of what was looked up waits. */
  get hasRoom(): boolean {
    return this.#bytes < BACKLOG_BYTES
  }

  /** Those still waiting `from` the same place at the same QoS are replaced. `bytes`: payloads that they keep in memory. */
  add(from: string, records: Iterable<MessageRecord>, granted: 0 | 1 | 2, bytes: number): void {
    const key = `${granted} ${from}`
    this.#drop(key)
    this.#waiting ??= new Map()
    this.#waiting.set(key, { records: records[Symbol.iterator](), granted, bytes })
    this.#bytes += bytes
  }

  take(): Outgoing | undefined {
    if (this.#waiting === undefined) return undefined
    for (const [key, { records, granted }] of this.#waiting) {
      const step: IteratorResult<MessageRecord, unknown> = records.next()
      if (step.done !== true) {
        const record = step.value
        return { record, qos: record.qos < granted ? record.qos : granted, retain: true, origin: undefined }
      }
      this.#drop(key)
    }
    return undefined
  }

  /** The connection is gone: QoS 0 does not outlive it. */
  detach(): void {
    for (const [key, { granted }] of this.#waiting ?? []) if (granted === 0) this.#drop(key)
  }

  #drop(key: string): void {
    this.#bytes -= this.#waiting?.get(key)?.bytes ?? 0
    this.#waiting?.delete(key)
  }
}
