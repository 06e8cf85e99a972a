import { keys } from '../../actions/keys.ts'
import { ask, askInOrder, CallFailed, command, scriptCall, textOf, textsOf } from './ask.ts'
import type { Nodes } from './nodes.ts'
import { CLUSTER_SCRIPTS } from './scripts.ts'
import { slotTag } from './slot-tag.ts'
import { slotOf } from './slot.ts'

/** Ids looked at in one go. */
const MOST = 500

/** The slot's count of repeats, to be read before the records of ids are looked for that are perhaps to be trimmed. */
export function repeatsKey(log: string): string {
  return keys.slotRepeats(slotTag(slotOf(log)))
}

/** Takes ids out of a log whose records are gone. False: somebody may have stored one of them again since `repeats` was read. */
export async function trim(nodes: Nodes, log: string, repeats: unknown, ids: readonly string[]): Promise<boolean> {
  const answer = await nodes.send(log, scriptCall(CLUSTER_SCRIPTS.trim, [log, repeatsKey(log)], [textOf(repeats) ?? '', ...ids]))
  // who may not tidy goes on without
  return answer.ok ? answer.reply === 1 : answer.failure.kind === 'lasting'
}

/**
 * Takes out ids whose records have expired, as scripts/store.lua on one server: the two oldest are looked
 * at, and one by chance, for where the oldest live for ever; only if one of them is gone `count` others
 * of both kinds. What cannot be done now is left to the next time.
 */
export async function tidyLog(nodes: Nodes, log: string, count: number): Promise<void> {
  try {
    if (await tidySome(nodes, log, { oldest: 2, others: 1 }) > 0) {
      const more = Math.min(count, MOST)
      await tidySome(nodes, log, { oldest: more, others: more })
    }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
  }
}

/** How many of them were gone. */
async function tidySome(nodes: Nodes, log: string, { oldest, others }: { readonly oldest: number, readonly others: number }): Promise<number> {
  const [repeats, first, sample] = await askInOrder(nodes, log, [
    command('get', repeatsKey(log)), command('zrange', log, '0', String(oldest - 1)), command('zrandmember', log, String(others)),
  ])
  const ids = [...new Set([...textsOf(first), ...textsOf(sample)])]
  const there = await Promise.all(ids.map((id) => ask(nodes, keys.message(id), command('exists', keys.message(id)))))
  const gone = ids.filter((_, i) => there[i] === 0)
  if (gone.length > 0) await trim(nodes, log, repeats, gone)
  return gone.length
}
