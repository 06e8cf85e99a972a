import type { MessageRecord } from '../actions/message-record.ts'
import { isWildcard, matchesTopic } from '../language/topic-filter.ts'

/** Retained messages kept in memory at most; the oldest goes. */
const BOUND = 10_000

/** The retained messages that no pair of rules keeps in Redis: as in any MQTT broker, gone with it. */
export class RetainedMemory {
  readonly #byTopic = new Map<string, MessageRecord>()

  /** Returns how many were pushed out. */
  set(record: MessageRecord): number {
    this.#byTopic.delete(record.topic)
    this.#byTopic.set(record.topic, record)
    if (this.#byTopic.size <= BOUND) return 0
    for (const oldest of this.#byTopic.keys()) {
      this.#byTopic.delete(oldest)
      break
    }
    return 1
  }

  delete(topic: string): void {
    this.#byTopic.delete(topic)
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
