import { keys } from '../../actions/keys.ts'
import { recordFields } from '../../actions/message-record.ts'
import { command, scriptCall, textsOf } from './ask.ts'
import { DONE, isPassing, type Entry, type Result } from './effect-of.ts'
import type { Indexes } from './indexes.ts'
import type { Nodes } from './nodes.ts'
import { CLUSTER_SCRIPTS } from './scripts.ts'
import { slotTag } from './slot-tag.ts'
import { slotOf } from './slot.ts'
import { tidyLog } from './trim-log.ts'

const AWAITED = { awaited: true }
/** A log is tidied at every so manieth call, and then for all of them; scores are microseconds, as good as chance. */
const TURNS = 8

/**
 * on_message_publish. A record and the log of its topic lie in two slots, so that a message is stored
 * in steps (DELIVERY 7.3): (1) its topic in the index; (2) its record, which dies by itself; (3) its
 * place in the log; (4) the record stays, if it is to be kept for ever. Who stops in between leaves
 * never an id without record, and no record that nobody finds for longer than its expiry, or an hour.
 * All steps may be repeated.
 */
export async function storeMessages({ nodes, indexes, entries }: {
  readonly nodes: Nodes
  readonly indexes: Indexes
  readonly entries: readonly Entry<'store'>[]
}): Promise<readonly Result[]> {
  const [unindexed, records] = await Promise.all([
    indexes.write('logs', new Set(entries.map(({ effect }) => effect.record.topic))),
    Promise.all(entries.map((entry) => writeRecord(nodes, entry))),
  ])
  if (unindexed !== undefined) return entries.map(() => ({ ok: false, failure: unindexed }))

  const results: Result[] = records.map(({ result }) => result)
  await Promise.all([...byTopic(entries)].map(async ([topic, places]) => {
    const ready = unlessHeld(places, results)
    const logged = await log(nodes, topic, ready.flatMap((place) => entries[place] ?? []))
    for (const [i, place] of ready.entries()) results[place] = logged[i] ?? DONE
  }))

  await Promise.all(entries.map(async ({ effect: { record }, expirySeconds }, i) => {
    const [result, key] = [results[i], keys.message(record.id)]
    if (result?.ok === true && expirySeconds === undefined) {
      const answer = await nodes.send(key, command('persist', key), AWAITED)
      if (!answer.ok) results[i] = answer
    } else if (result?.ok === false && result.failure.kind === 'lasting' && records[i]?.created === true) {
      // it would go by itself
      await nodes.send(key, command('del', key))
    }
  }))
  return results
}

async function writeRecord(nodes: Nodes, { effect: { record }, expirySeconds }: Entry<'store'>): Promise<{ result: Result, created: boolean }> {
  const key = keys.message(record.id)
  const answer = await nodes.send(key, scriptCall(CLUSTER_SCRIPTS.storeRecord, [key], [String(expirySeconds ?? 0), ...recordFields(record)]), AWAITED)
  return { result: answer.ok ? DONE : answer, created: answer.ok && answer.reply === 1 }
}

/** The places of the entries of each topic, in order. */
function byTopic(entries: readonly Entry<'store'>[]): Map<string, number[]> {
  const topics = new Map<string, number[]>()
  for (const [place, { effect: { record: { topic } } }] of entries.entries()) {
    const places = topics.get(topic)
    if (places === undefined) topics.set(topic, [place])
    else places.push(place)
  }
  return topics
}

/** Those that may go on: behind one that must be tried again all others of its topic wait, or they would come before it. */
function unlessHeld(places: readonly number[], results: Result[]): readonly number[] {
  const ready: number[] = []
  let held: Result | undefined
  for (const place of places) {
    const result = results[place]
    if (held === undefined && isPassing(result)) held = result
    if (held !== undefined) results[place] = held
    else if (result?.ok === true) ready.push(place)
  }
  return ready
}

async function log(nodes: Nodes, topic: string, entries: readonly Entry<'store'>[]): Promise<readonly Result[]> {
  if (entries.length === 0) return []
  const key = keys.log(topic)
  const tag = slotTag(slotOf(key))
  const args = entries.flatMap(({ effect: { record }, expirySeconds }) => [String(expirySeconds ?? 0), record.id])
  const answer = await nodes.send(key, scriptCall(CLUSTER_SCRIPTS.storeLog, [key, keys.slotClock(tag), keys.slotRepeats(tag)], args), AWAITED)
  if (!answer.ok) return entries.map(() => answer)
  const places = textsOf(answer.reply)
  const score = Number(places.at(-1)?.split(' ')[0])
  // nobody waits for it
  if (score % TURNS === 0) void tidyLog(nodes, key, 2 * TURNS * entries.length)
  return places.map((words) => ({ ok: true, words }))
}
