import type { MessageRecord } from '../actions/message-record.ts'
import { isWildcard, matchesTopic } from '../language/topic-filter.ts'

/** Retained messages kept in memory at most, and their bytes; the oldest goes. */
const BOUND = 10_000
const BOUND_BYTES = 64 * 1024 * 1024

/** The retained messages that no pair of rules keeps in Redis: as in any MQTT broker, gone with it. */
export class RetainedMemory {
  readonly #byTopic = new Map<string, MessageRecord>()
  #bytes = 0

  /** Returns how many were pushed out. */
  set(record: MessageRecord): number {
    this.delete(record.topic)
    this.#byTopic.set(record.topic, record)
    this.#bytes += bytesOf(record)
    let pushedOut = 0
    for (const oldest of this.#byTopic.keys()) {
      if (this.#byTopic.size <= BOUND && this.#bytes <= BOUND_BYTES) break
      this.delete(oldest)
      pushedOut++
    }
    return pushedOut
  }

  delete(topic: string): void {
    const record = this.#byTopic.get(topic)
    if (record === undefined) return
    this.#byTopic.delete(topic)
    this.#bytes -= bytesOf(record)
  }

  *matching(filter: string): Iterable<MessageRecord> {
    if (!isWildcard(filter)) {
      const record = this.#byTopic.get(filter)
      if (record !== undefined) yield record
      return
    }
    for (const [topic, record] of this.#byTopic) if (matchesTopic(filter, topic)) yield record
  }
}

function bytesOf({ topic, payload }: MessageRecord): number {
  return topic.length + payload.length
}
