import { keys } from '../../actions/keys.ts'
import { command, scriptCall } from './ask.ts'
import { DONE, resultOf, type Entry, type Result } from './effect-of.ts'
import type { Nodes } from './nodes.ts'
import { CLUSTER_SCRIPTS } from './scripts.ts'
import { slotTag } from './slot-tag.ts'
import { slotOf } from './slot.ts'

/**
 * on_message_acked_for_queue: the record, then its place in the log. What stops in between leaves an
 * id without record, which the next reader takes out.
 */
export async function acknowledgeQueue(nodes: Nodes, entries: readonly Entry<'ack-queue'>[]): Promise<readonly Result[]> {
  const results = await Promise.all(entries.map(({ effect }) => remove(nodes, effect.msgid)))
  const topics = new Map<string, number[]>()
  for (const [place, { effect: { topic } }] of entries.entries()) {
    if (results[place]?.ok === true) topics.set(topic, [...topics.get(topic) ?? [], place])
  }
  await Promise.all([...topics].map(async ([topic, places]) => {
    const ids = places.flatMap((place) => entries[place]?.effect.msgid ?? [])
    const unlisted = await unlist(nodes, topic, ids)
    for (const place of places) results[place] = unlisted
  }))
  return results
}

async function remove(nodes: Nodes, msgid: string): Promise<Result> {
  const key = keys.message(msgid)
  return resultOf(await nodes.send(key, command('del', key)))
}

async function unlist(nodes: Nodes, topic: string, ids: readonly string[]): Promise<Result> {
  const log = keys.log(topic)
  const [removed, repeats] = await nodes.sendInOrder(log, [
    command('zrem', log, ...ids), command('exists', keys.slotRepeats(slotTag(slotOf(log)))),
  ])
  if (removed?.ok === false) return removed
  if (repeats?.ok === false) return repeats
  // a broker that stores a message again may have written its record after we removed it, and before
  // its place in the log: nobody would ever find it
  if (repeats?.reply === 1) await Promise.all(ids.map((id) => remove(nodes, id)))
  return DONE
}

/** on_message_acked_for_pubsub. */
export function acknowledgePubsub(nodes: Nodes, entries: readonly Entry<'ack-pubsub'>[]): Promise<readonly Result[]> {
  return Promise.all(entries.map(async ({ effect: { clientid, topic, msgid } }) => {
    const key = keys.position(clientid, topic)
    return resultOf(await nodes.send(key, scriptCall(CLUSTER_SCRIPTS.ackPubsub, [key], [msgid])))
  }))
}

/** on_message_acked_for_keep_latest. */
export function acknowledgeLatest(nodes: Nodes, entries: readonly Entry<'ack-latest'>[]): Promise<readonly Result[]> {
  return Promise.all(entries.map(async ({ effect: { topic, msgid } }) => {
    const key = keys.latest(topic)
    return resultOf(await nodes.send(key, scriptCall(CLUSTER_SCRIPTS.ackLatest, [key], [msgid])))
  }))
}
