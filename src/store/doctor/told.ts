import type { PoolTold, Refusal } from '../../check/told.ts'
import type { PoolFacts } from './facts.ts'
import { findingsOf } from './findings.ts'
import type { Look } from './look.ts'
import type { Needs } from '../permissions/needs.ts'

/** What a server that is there says to a login or a database that it does not have. */
const REFUSED = /^(?:NOAUTH|WRONGPASS|ERR DB index)/

/** What was seen of a pool, as checks want to know it. Of several servers what any of them has said. */
export function toldBy(look: Look, needs: Needs): PoolTold {
  if (!look.ok) return { kind: 'silent', reason: look.clause.replace(/\.$/, ''), refused: REFUSED.test(look.clause) }
  const { facts } = look
  const [first] = facts.servers
  // a cluster of which only its view is known
  if (first === undefined) return { kind: 'silent', reason: 'no master of it answers', refused: false }
  const unknown = new Set(facts.servers.flatMap(({ unknownCommands = [] }) => unknownCommands.map(({ name }) => name)))
  const areKnown = facts.servers.every(({ unknownCommands }) => unknownCommands !== undefined)
  const own = needs.commands.filter(({ users }) => users.some(({ command }) => command !== undefined)).map(({ sample: [name = ''] }) => name)
  const [evicts, tooOld] = ['evicts-messages', 'too-old'].map((name) => sentenceOf(facts, name))
  return {
    kind: 'answered', product: first.product, name: `${first.product} ${first.version ?? 'of a version that it does not say'}`, user: facts.user,
    knownCommands: new Set(areKnown ? own.filter((name) => !unknown.has(name)) : []), unknownCommands: unknown,
    refusals: eachOnce(facts.servers.flatMap(({ denied = [] }) => denied)),
    refusedChannels: [...new Set(facts.servers.flatMap(({ deniedChannels = [] }) => deniedChannels))],
    ...evicts === undefined ? {} : { evicts }, ...tooOld === undefined ? {} : { tooOld },
  }
}

function sentenceOf(facts: PoolFacts, name: string): string | undefined {
  return findingsOf(facts).find((finding) => finding.name === name)?.sentence
}

function eachOnce(refusals: readonly Refusal[]): readonly Refusal[] {
  return [...new Map(refusals.map((refusal) => [refusal.what, refusal])).values()]
}
