import { keys } from '../../actions/keys.ts'
import { recordFields } from '../../actions/message-record.ts'
import { plainWords } from '../failure.ts'
import { scriptCall } from './ask.ts'
import { DONE, type Entry, type Result } from './effect-of.ts'
import type { Indexes } from './indexes.ts'
import type { Nodes } from './nodes.ts'
import { CLUSTER_SCRIPTS } from './scripts.ts'
import { slotTag } from './slot-tag.ts'
import { slotOf } from './slot.ts'

type Kept = Entry<'retain' | 'retain-delete' | 'latest'>

/** One call's share of a slot: its messages and their places among all. */
interface Share {
  readonly number: number
  readonly entries: { readonly entry: Kept, readonly place: number }[]
}

/** Of a call that carries effects: its number, greater than those before it, and its entries. */
export interface KeptCall {
  readonly number: number
  readonly entries: readonly Kept[]
}

/**
 * on_message_retain, on_retain_delete, on_message_store_keep_latest: the one record of a topic, after
 * its topic was entered into the index. A slot remembers the number of the last call that was applied
 * there: a call whose answer was lost must not undo what another broker has done since. Answers the
 * entries of all calls, one after the other.
 */
export async function keepMessages({ nodes, indexes, boot, sent, calls }: {
  readonly nodes: Nodes
  readonly indexes: Indexes
  /** Unique per opened pool. */
  readonly boot: string
  /** By slot: the number of the last call that was sent there in this round. */
  readonly sent: Map<number, number>
  readonly calls: readonly KeptCall[]
}): Promise<readonly Result[]> {
  const entries = calls.flatMap((call) => call.entries)
  const unindexed = await enter(indexes, entries)
  if (unindexed !== undefined) return entries.map(() => unindexed)
  const results = Array<Result>(entries.length).fill(DONE)
  await Promise.all([...bySlot(calls)].map(async ([slot, shares]) => {
    // all at once: they share a connection, and one whose predecessor was refused refuses itself
    await Promise.all(shares.map(async (share) => {
      const answered = keep({ nodes, mark: keys.slotBatch(slotTag(slot), boot), after: sent.get(slot) ?? 0, share })
      sent.set(slot, share.number)
      for (const [i, result] of (await answered).entries()) {
        const place = share.entries[i]?.place
        if (place !== undefined) results[place] = result
      }
    }))
  }))
  return results
}

async function enter(indexes: Indexes, entries: readonly Kept[]): Promise<Result | undefined> {
  for (const [kind, index] of [['retain', 'retained'], ['latest', 'latest']] as const) {
    const topics = new Set(entries.flatMap(({ effect }) => effect.kind === kind ? [effect.record.topic] : []))
    const failure = await indexes.write(index, topics)
    if (failure !== undefined) return { ok: false, failure }
  }
  return undefined
}

function keyOf({ effect }: Kept): string {
  return (effect.kind === 'latest' ? keys.latest : keys.retained)(effect.record.topic)
}

function bySlot(calls: readonly KeptCall[]): Map<number, Share[]> {
  const slots = new Map<number, Share[]>()
  let place = 0
  for (const { number, entries } of calls) {
    for (const entry of entries) {
      const slot = slotOf(keyOf(entry))
      const shares = slots.get(slot) ?? []
      slots.set(slot, shares)
      if (shares.at(-1)?.number !== number) shares.push({ number, entries: [] })
      shares.at(-1)?.entries.push({ entry, place: place++ })
    }
  }
  return slots
}

async function keep({ nodes, mark, after, share: { number, entries } }: {
  readonly nodes: Nodes, readonly mark: string, readonly after: number, readonly share: Share
}): Promise<readonly Result[]> {
  const records = [...new Set(entries.map(({ entry }) => keyOf(entry)))]
  const args = entries.flatMap(({ entry }) => {
    const { effect } = entry
    const seconds = effect.kind === 'retain-delete' ? -1 : entry.expirySeconds ?? 0
    return [String(records.indexOf(keyOf(entry)) + 2), String(seconds), ...recordFields(effect.record)]
  })
  const call = scriptCall(CLUSTER_SCRIPTS.keep, [mark, ...records], [String(number), String(after), ...args])
  const answer = await nodes.send(mark, call, { awaited: true })
  if (!answer.ok) return entries.map(() => answer)
  const results = entries.map((): Result => DONE)
  const [, ...errors] = Array.isArray(answer.reply) ? answer.reply.map((element: unknown) => element) : []
  for (let i = 0; i < errors.length; i += 2) {
    results[Number(errors[i]) - 1] = { ok: false, failure: { kind: 'lasting', message: plainWords(String(errors[i + 1]), '') } }
  }
  return results
}
