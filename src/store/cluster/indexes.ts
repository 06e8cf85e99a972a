import { keys } from '../../actions/keys.ts'
import type { TopicIndex } from '../../delivery/ports.ts'
import type { Failure } from '../failure.ts'
import { ask, askInOrder, CallFailed, command, scriptCall, textsOf } from './ask.ts'
import type { Nodes } from './nodes.ts'
import { CLUSTER_SCRIPTS } from './scripts.ts'

/** An index, and where what it lists is. */
const INDEXES: Readonly<Record<TopicIndex, { readonly key: string, readonly listed: (topic: string) => string }>> = {
  logs: { key: keys.topics, listed: keys.log },
  retained: { key: keys.retainedTopics, listed: keys.retained },
  latest: { key: keys.latestTopics, listed: keys.latest },
}

/** Who stores writes its topic again after so long. Milliseconds. */
const WRITTEN_MS = 3_600_000
/** A topic that holds nothing leaves its index this long after it was last written: far longer than anybody believes it to be there. Seconds. */
const FORGOTTEN_SECONDS = 86_400
/** Topics remembered as written; beyond, some are written for nothing. */
const REMEMBERED = 100_000
const PER_CALL = 500

/**
 * The topic indexes of a cluster. An index is one key, in another slot than what it lists: so a topic
 * is entered before anything is stored under it, and leaves only in a sweep.
 */
export interface Indexes {
  /** Enters topics, if they have not been within the hour. */
  write(index: TopicIndex, topics: ReadonlySet<string>): Promise<Failure | undefined>
  /** An index may have lost what was written. */
  forget(): void
  /** Takes out topics that hold nothing and were not written for a day. `now` in seconds since 1970. Rejects when the cluster fails. */
  sweep(now: number): Promise<void>
}

export function createIndexes(nodes: Nodes): Indexes {
  /** By index and topic: when it was written, in milliseconds of this process. */
  let written = nothingWritten()

  async function enter(index: TopicIndex, topics: readonly string[]): Promise<void> {
    const { key } = INDEXES[index]
    // not where it is remembered after `forget`
    const mine = written[index]
    const [at, now] = [performance.now(), String(Math.floor(Date.now() / 1_000))]
    await askInOrder(nodes, key, [
      command('zadd', keys.indexSeen(key), ...topics.flatMap((topic) => [now, topic])),
      command('zadd', key, ...topics.flatMap((topic) => ['0', topic])),
      // a message whose topic a wildcard does not find is lost to it
    ], { awaited: true })
    if (mine.size > REMEMBERED) mine.clear()
    for (const topic of topics) mine.set(topic, at)
  }

  async function sweepOne(index: TopicIndex, now: number): Promise<void> {
    const { key, listed } = INDEXES[index]
    const [seen, before] = [keys.indexSeen(key), String(now - FORGOTTEN_SECONDS)]
    for (;;) {
      const old = textsOf(await ask(nodes, key, command('zrangebyscore', seen, '-inf', before, 'LIMIT', '0', String(PER_CALL))))
      await Promise.all(old.map(async (topic) => {
        const isThere = await ask(nodes, listed(topic), command('exists', listed(topic))) !== 0
        // asked for again in a day
        if (isThere) await ask(nodes, key, command('zadd', seen, 'XX', String(now), topic))
        else await ask(nodes, key, scriptCall(CLUSTER_SCRIPTS.forget, [key, seen], [topic, before]))
      }))
      if (old.length < PER_CALL) return
    }
  }

  return {
    async write(index, topics) {
      const since = performance.now() - WRITTEN_MS
      const missing = [...topics].filter((topic) => (written[index].get(topic) ?? -Infinity) < since)
      try {
        for (let i = 0; i < missing.length; i += PER_CALL) await enter(index, missing.slice(i, i + PER_CALL))
      } catch (error) {
        if (error instanceof CallFailed) return error.failure
        throw error
      }
      return undefined
    },
    forget() {
      written = nothingWritten()
    },
    async sweep(now) {
      for (const index of ['logs', 'retained', 'latest'] as const) await sweepOne(index, now)
    },
  }
}

function nothingWritten(): Readonly<Record<TopicIndex, Map<string, number>>> {
  return { logs: new Map(), retained: new Map(), latest: new Map() }
}
