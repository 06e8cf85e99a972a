import type { FunctionName } from '../actions/action.ts'
import { exampleTopic } from '../language/filter-algebra.ts'
import type { Program, Step } from '../plan/program.ts'

/** A message to try the rules with: published first, it is in the pool until somebody subscribes. */
export interface FirstSteps {
  readonly topic: string
  readonly retain: boolean
  /** Where it leaves something; absent if no rule concerns it. */
  readonly pool: string | undefined
}

/** What is stored and who brings it, those first that people look for first. */
const PAIRS: readonly { readonly stores: FunctionName, readonly brings: readonly FunctionName[] }[] = [
  { stores: 'on_message_publish', brings: ['on_message_fetch_for_queue', 'on_message_fetch_for_pubsub'] },
  { stores: 'on_message_store_keep_latest', brings: ['on_message_fetch_for_keep_latest'] },
  { stores: 'on_message_retain', brings: ['on_retain_lookup'] },
]

/** Rules of each kind that are looked at: it is an example, and files of thousands of rules start as fast. */
const LOOKED_AT = 20

/** Of the first rules that store and bring a message, else of the first that store one, else of the first that do anything with one; else any. */
export function firstSteps({ steps }: Pick<Program, 'steps'>): FirstSteps {
  const pairs = PAIRS.map(({ stores, brings }) => ({ stores, stored: stepsOf(steps['message.publish'], [stores]), brought: stepsOf(steps['session.subscribed'], brings) }))
  const found = [
    ...pairs.map(({ stores, stored, brought }) => ({ stores, steps: stored.flatMap(one => brought.filter(({ pool }) => pool === one.pool).map(other => [one, other])) })),
    ...pairs.map(({ stores, stored }) => ({ stores, steps: stored.map(one => [one]) })),
    { stores: undefined, steps: steps['message.publish'].slice(0, LOOKED_AT).map(one => [one]) },
  ]
  for (const { stores, steps: candidates } of found) {
    for (const candidate of candidates) {
      const topic = exampleTopic(candidate.map(({ filter = '#' }) => filter))
      if (topic !== undefined && NEEDS_NO_QUOTES.test(topic)) return { topic, retain: stores === 'on_message_retain', pool: candidate[0]?.pool }
    }
  }
  return { topic: 'queue/a', retain: false, pool: undefined }
}

/** It is to be typed in a shell. */
const NEEDS_NO_QUOTES = /^[\w./@:+-]+$/

function stepsOf(steps: readonly Step[], names: readonly FunctionName[]): readonly Step[] {
  return steps.filter(({ action }) => action.kind === 'function' && names.includes(action.name)).slice(0, LOOKED_AT)
}
