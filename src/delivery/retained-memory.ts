import { keepAlone, type MessageRecord } from '../actions/message-record.ts'
import { TopicTree } from './topic-tree.ts'

/** Retained messages kept in memory at most, and their bytes; the oldest goes. */
const BOUND = 10_000
const BOUND_BYTES = 64 * 1024 * 1024

/** The retained messages that no pair of rules keeps in Redis: as in any MQTT broker, gone with it. */
export class RetainedMemory {
  readonly #byTopic = new Map<string, MessageRecord>()
  readonly #topics = new TopicTree()
  #bytes = 0

  /** Returns how many were pushed out. */
  set(record: MessageRecord): number {
    this.delete(record.topic)
    keepAlone(record)
    this.#byTopic.set(record.topic, record)
    this.#topics.add(record.topic)
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
    this.#topics.delete(topic)
    this.#bytes -= bytesOf(record)
  }

  /** Looked for as they are taken. */
  *matching(filter: string): Iterable<MessageRecord> {
    for (const topic of this.#topics.matching(filter)) {
      const record = this.#byTopic.get(topic)
      if (record !== undefined) yield record
    }
  }
}

function bytesOf({ topic, payload }: MessageRecord): number {
  return topic.length + payload.length
}
