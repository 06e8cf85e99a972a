import { keys } from '../../actions/keys.ts'
import { ask, askIfFit, command, scriptCall, textOf, textsOf } from './ask.ts'
import type { Nodes } from './nodes.ts'
import { CLUSTER_SCRIPTS } from './scripts.ts'
import { slotTag } from './slot-tag.ts'
import { slotOf } from './slot.ts'

/** As in scripts/old-scores.lua: the score that EMQ X gave, and how many of its entries one call takes. */
const OLD_SCORE = '1'
const OLD_PER_CALL = 200

/**
 * Gives the entries that EMQ X left in a log the scores that pages can follow, as scripts/old-scores.lua
 * says; resolves when there are none left. Several brokers may do it at once. Rejects when the cluster
 * fails, or something else lives at the key.
 */
export async function renewScores(nodes: Nodes, log: string): Promise<void> {
  const tag = slotTag(slotOf(log))
  for (;;) {
    const old = textsOf(await ask(nodes, log, command('zrangebyscore', log, '-inf', OLD_SCORE, 'LIMIT', '0', String(OLD_PER_CALL))))
    if (old.length === 0) return
    const times = await Promise.all(old.map((id) => timeOf(nodes, id)))
    const args = old.flatMap((id, i) => [id, times[i] ?? '-'])
    const call = scriptCall(CLUSTER_SCRIPTS.renew, [log, keys.slotClock(tag), keys.slotRenewing(tag)], args)
    if (await ask(nodes, log, call) === 1) return
  }
}

/** The `ts` of a record as it stands there; undefined if there is no record. */
async function timeOf(nodes: Nodes, msgid: string): Promise<string | undefined> {
  const key = keys.message(msgid)
  const values = await askIfFit(nodes, key, command('hmget', key, 'ts', 'topic', 'payload', 'id'))
  const texts = Array.isArray(values) ? values.map(textOf) : []
  return texts.every((text) => text === undefined) ? undefined : texts[0] ?? '0'
}
