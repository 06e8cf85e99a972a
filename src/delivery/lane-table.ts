import type { Lane } from './outgoing.ts'
import type { Pool } from './ports.ts'
import { TopicTree } from './topic-tree.ts'

const NONE: readonly Lane[] = []

/** One session's lanes by topic: of one topic those that run out come before those that go on. */
export class LaneTable {
  /** Made for the first. */
  #byTopic: Map<string, readonly Lane[]> | undefined
  /** Its keys, of a session that changes wildcard subscriptions. */
  #topics: TopicTree | undefined

  get size(): number {
    let size = 0
    for (const lanes of this.#byTopic?.values() ?? []) size += lanes.length
    return size
  }

  /** Of all topics. */
  *[Symbol.iterator](): Iterator<Lane> {
    for (const lanes of this.#byTopic?.values() ?? []) yield* lanes
  }

  /** Of one topic. */
  of(topic: string): readonly Lane[] {
    return this.#byTopic?.get(topic) ?? NONE
  }

  /** The last one, which goes on if one does. */
  find(pool: Pool, topic: string, kind: Lane['kind']): Lane | undefined {
    return this.#byTopic?.get(topic)?.findLast((lane) => lane.pool === pool && lane.kind === kind)
  }

  /** Topics that have a lane and that the filter matches. */
  topicsOf(filter: string): readonly string[] {
    if (this.#byTopic === undefined || this.#byTopic.size === 0) return []
    if (this.#topics === undefined) {
      this.#topics = new TopicTree()
      for (const topic of this.#byTopic.keys()) this.#topics.add(topic)
    }
    return this.#topics.matching(filter)
  }

  isDraining(topic: string): boolean {
    return this.#byTopic?.get(topic)?.some((lane) => lane.draining) === true
  }

  add(lane: Lane): void {
    this.#byTopic ??= new Map()
    // not spread, which leaves room for sixteen more: there may be thousands of topics
    this.#byTopic.set(lane.topic, this.of(lane.topic).concat(lane))
    this.#topics?.add(lane.topic)
  }

  /** Returns those of its topic that are left. */
  delete(lane: Lane): readonly Lane[] {
    const { topic } = lane
    const rest = this.of(topic).filter((other) => other !== lane)
    if (rest.length > 0) this.#byTopic?.set(topic, rest)
    else {
      this.#byTopic?.delete(topic)
      this.#topics?.delete(topic)
    }
    return rest
  }

  clear(): void {
    this.#byTopic = undefined
    this.#topics = undefined
  }
}
