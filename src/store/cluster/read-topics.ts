import { keys } from '../../actions/keys.ts'
import type { ChangedTopics, ChangedTopicsRequest } from '../../delivery/ports.ts'
import { ask, command, replyOf, textsOf } from './ask.ts'
import type { Nodes } from './nodes.ts'
import { newestScore } from './read-log.ts'

/** How far the clock of a replica may be behind that of the master in whose place it comes. Microseconds. */
const SKEW = 1_000_000

/**
 * A page of the log index: which of its topics have something newer than a score. There is no clock of
 * the whole cluster, only one per slot; but whatever is stored from now on has a score above the time
 * of its master, and so above that of the one whose clock is farthest behind. Rejects when the cluster fails.
 */
export async function readChangedTopics(nodes: Nodes, { after, since, limit }: Omit<ChangedTopicsRequest, 'done'>): Promise<ChangedTopics> {
  const times = (await nodes.sendToAll(command('time'))).map((answer) => microsOf(replyOf(answer)))
  // the empty text is no topic
  const range = command('zrangebylex', keys.topics, `(${after ?? ''}`, '+', 'LIMIT', '0', String(limit))
  const looked = textsOf(await ask(nodes, keys.topics, range))
  const scores = await Promise.all(looked.map((topic) => newestScore(nodes, keys.log(topic))))
  return {
    topics: looked.flatMap((topic, i) => (scores[i] ?? 0) > since ? [{ topic, score: scores[i] ?? 0 }] : []),
    next: looked.length === limit ? looked.at(-1) : undefined,
    clock: Math.min(...times) - SKEW,
  }
}

/** Of TIME: seconds, and microseconds. */
function microsOf(reply: unknown): number {
  const [seconds, micros] = textsOf(reply).map(Number)
  return (seconds ?? 0) * 1e6 + (micros ?? 0)
}
