import type { EffectKind } from '../../actions/effect.ts'
import type { Answer } from '../connection.ts'
import type { Failure } from '../failure.ts'
import type { WriteCall } from '../round.ts'
import type { Unanswered } from '../unanswered.ts'
import { acknowledgeLatest, acknowledgePubsub, acknowledgeQueue } from './acknowledge.ts'
import { DONE, isPassing, type EffectOf, type Entry, type Result } from './effect-of.ts'
import type { Indexes } from './indexes.ts'
import { keepMessages } from './keep-messages.ts'
import type { Nodes } from './nodes.ts'
import { notePresence } from './note-presence.ts'
import { runCommands } from './run-commands.ts'
import { storeMessages } from './store-messages.ts'

/** What a round works on. */
export interface Round {
  readonly nodes: Nodes
  readonly indexes: Indexes
  /** Unique per opened pool. */
  readonly boot: string
  /** Of calls that come again: what of them is done already. */
  readonly progress: WeakMap<WriteCall, readonly (Result | undefined)[]>
  /** By slot: the number of the last call for the one record of a topic. */
  readonly sent: Map<number, number>
  /** Order objects of which something must be tried again. */
  readonly held: Set<object>
}

/**
 * Carries out the calls of a round, in their order as far as they can touch one key: functions beside
 * each other, because two of them never do; commands behind the functions before them. The answers are
 * those that the scripts for one server would give (`outcome.ts`).
 */
export async function carryOut(round: Round, calls: readonly WriteCall[]): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (const stage of stagesOf(calls)) {
    const isOfCommands = stage[0]?.kind === 'command'
    answers.push(...await (isOfCommands ? commands(round, stage) : functions(round, stage)))
  }
  return answers
}

/** Runs of functions and of commands, one after the other. */
function stagesOf(calls: readonly WriteCall[]): WriteCall[][] {
  const stages: WriteCall[][] = []
  for (const call of calls) {
    const stage = stages.at(-1)
    if (stage !== undefined && (stage[0]?.kind === 'command') === (call.kind === 'command')) stage.push(call)
    else stages.push([call])
  }
  return stages
}

async function commands({ nodes, held }: Round, calls: readonly WriteCall[]): Promise<readonly Answer[]> {
  return await runCommands(nodes, calls.flatMap((call) => call.owners.map((owner) => ({ call, event: owner, order: owner.submission.order }))), held)
}

async function functions(round: Round, calls: readonly WriteCall[]): Promise<readonly Answer[]> {
  const { nodes, indexes, progress, held } = round
  const results = new Map(calls.map((call) => [call, [...progress.get(call) ?? call.owners.map(() => undefined)]]))

  /** What is not done yet of the effects of these kinds. */
  async function carry<K extends EffectKind>(kinds: readonly K[], work: (entries: readonly Entry<K>[]) => Promise<readonly Result[]>): Promise<void> {
    const undone: { readonly entry: Entry<K>, readonly done: (result: Result) => void }[] = []
    for (const [call, known] of results) {
      for (const [i, owner] of call.owners.entries()) {
        const entry = entryOf(owner, call.effects[i] ?? -1)
        if (known[i] === undefined && isOf(kinds, entry)) undone.push({ entry, done: (result) => { known[i] = result } })
      }
    }
    if (undone.length === 0) return
    const worked = await work(undone.map(({ entry }) => entry))
    for (const [i, { done }] of undone.entries()) done(worked[i] ?? DONE)
  }

  await Promise.all([
    carry(['store'], (entries) => storeMessages({ nodes, indexes, entries })),
    carry(['ack-queue'], (entries) => acknowledgeQueue(nodes, entries)),
    carry(['ack-pubsub'], (entries) => acknowledgePubsub(nodes, entries)),
    carry(['ack-latest'], (entries) => acknowledgeLatest(nodes, entries)),
    carry(['online', 'offline'], (entries) => notePresence(nodes, entries)),
    keep(round, results),
  ])
  return calls.map((call) => {
    const known = results.get(call) ?? []
    for (const [i, owner] of call.owners.entries()) if (isPassing(known[i])) held.add(owner.submission.order)
    progress.set(call, known.map((result) => isPassing(result) ? undefined : result))
    return answerOf(call, known)
  })
}

/** Calls for the one record of a topic know themselves what of them was applied: they come as a whole. */
async function keep(round: Round, results: ReadonlyMap<WriteCall, (Result | undefined)[]>): Promise<void> {
  const calls = [...results.keys()].filter(({ kind }) => kind === 'retain' || kind === 'latest')
  if (calls.length === 0) return
  const kept = await keepMessages({
    ...round,
    calls: calls.map(({ number = 0, owners, effects }) => ({
      number, entries: owners.map((owner, i) => entryOf(owner, effects[i] ?? -1)).filter((entry) => isOf(KEPT, entry)),
    })),
  })
  let from = 0
  for (const call of calls) results.get(call)?.splice(0, call.owners.length, ...kept.slice(from, from += call.owners.length))
}

const KEPT = ['retain', 'retain-delete', 'latest'] as const

/** An effect of a submission, and how long it is to be kept for all those that it stands for. */
function entryOf({ submission, merged }: Unanswered, place: number): Entry {
  const effect = submission.effects[place]
  if (effect === undefined) throw new Error(`a submission has no effect ${place}`)
  const own = 'expirySeconds' in effect ? effect.expirySeconds : undefined
  return { effect, expirySeconds: merged?.expirySeconds.has(place) === true ? merged.expirySeconds.get(place) : own }
}

function isOf<K extends EffectKind>(kinds: readonly K[], entry: Entry): entry is Entry & { readonly effect: EffectOf<K> } {
  return kinds.some((kind) => kind === entry.effect.kind)
}

/** As the script of the call would answer on one server; a failure, if any of its effects must be tried again. */
function answerOf({ kind }: WriteCall, results: readonly (Result | undefined)[]): Answer {
  let refused: Failure | undefined
  const words: string[] = []
  const errors: (string | number)[] = []
  for (const [i, result = DONE] of results.entries()) {
    if (result.ok) words.push(result.words)
    else if (result.failure.kind === 'unknown') return result
    else if (result.failure.kind === 'refused') refused ??= result.failure
    else {
      words.push(kind === 'store' ? '- -' : '-')
      errors.push(i + 1, result.failure.message)
    }
  }
  return refused === undefined ? { ok: true, reply: [words.join(' '), ...errors] } : { ok: false, failure: refused }
}
