import { distance } from 'fastest-levenshtein'
import { ownKey, type OwnKey } from '../actions/own-keys.ts'
import { coverMismatch, topicMismatch } from '../language/filter-mismatch.ts'
import type { Placeholder } from '../language/hooks.ts'
import { filterProblem, isWildcard } from '../language/topic-filter.ts'
import type { FieldTemplate, Program, Step } from '../plan/program.ts'
import { keyPatterns, patternText, type KeyPattern } from './key-pattern.ts'

/** What the placeholders of a pattern would be. */
export type Values = Readonly<Partial<Record<Placeholder, string>>>

/** A rule that touches the key. */
export interface KeyRule {
  readonly pattern: KeyPattern
  /** Each way in which its placeholders make the key: several where a value may hold what stands between them. */
  readonly values: readonly Values[]
}

/** A rule whose keys look like it, and why they are not it. */
export interface NearMiss {
  readonly pattern: KeyPattern
  /** A clause. */
  readonly why: string
}

export interface Why {
  readonly key: string
  /** It is one that hookline keeps for itself. */
  readonly own: OwnKey | undefined
  /** In the order of the program, those that write before those that only read. */
  readonly rules: readonly KeyRule[]
  /** The nearest, where no rule touches it. */
  readonly misses: readonly NearMiss[]
}

const MOST_MISSES = 3
/** Ways to take a key apart; beyond it the rest is left out. */
const MOST_WAYS = 50

/** Which rules touch a key, and with which values of their placeholders. */
export function whyKey(program: Program, key: string): Why {
  const patterns = Object.values(program.steps).flat().flatMap(keyPatterns)
  const looked = patterns.map((pattern) => ({ pattern, ways: waysOf(pattern.parts, key) }))
  const rules = looked.flatMap(({ pattern, ways }) => {
    const values = ways.filter((way) => problemOf(way, pattern.step, program) === undefined)
    return values.length === 0 ? [] : [{ pattern, values }]
  })
  const order = (rule: KeyRule): number => rule.pattern.does === 'reads' ? 1 : 0
  const own = ownKey(key)
  return { key, own, rules: rules.toSorted((a, b) => order(a) - order(b)), misses: rules.length > 0 || own !== undefined ? [] : nearMisses(looked, key, program) }
}

/** All ways to fill in the placeholders so that they make the key. */
function waysOf(parts: FieldTemplate, key: string): readonly Values[] {
  const ways: Values[] = []
  const go = (i: number, at: number, values: Values): void => {
    if (ways.length >= MOST_WAYS) return
    const part = parts[i]
    if (part === undefined) {
      if (at === key.length) ways.push(values)
    } else if (typeof part === 'string') {
      if (key.startsWith(part, at)) go(i + 1, at + part.length, values)
    } else {
      const known = values[part.placeholder]
      for (let end = at; end <= key.length; end += 1) {
        const text = key.slice(at, end)
        if (known === undefined || known === text) go(i + 1, end, { ...values, [part.placeholder]: text })
      }
    }
  }
  go(0, 0, {})
  return ways
}

const FORMS: Readonly<Partial<Record<Placeholder, { readonly form: RegExp, readonly is: string }>>> = {
  clientid: { form: /^.+$/s, is: 'a client id, which is never empty' },
  // EMQ X's were longer
  msgid: { form: /^[0-9A-Za-z]{20,40}$/, is: 'the id of a message, which has 20 letters and digits or more' },
  qos: { form: /^[012]$/, is: 'a QoS: 0, 1 or 2' },
  ts: { form: /^\d+$/, is: 'a time in seconds' },
  retain: { form: /^(?:true|false)$/, is: '`true` or `false`' },
}

/** Why an event of the rule cannot have these values; undefined: it can. */
function problemOf(values: Values, step: Step, program: Program): string | undefined {
  for (const [name, { form, is }] of Object.entries(FORMS)) {
    const value = values[name as keyof typeof FORMS] // entries forgets the names
    if (value !== undefined && !form.test(value)) return `"${value}" is not ${is}`
  }
  const { node, topic } = values
  if (node !== undefined && node !== program.settings.nodeName) return `node.name is ${program.settings.nodeName}, and not "${node}"`
  return topic === undefined ? undefined : topicProblem(topic, step)
}

function topicProblem(topic: string, { hook, filter }: Step): string | undefined {
  const isSubscription = hook.startsWith('session.')
  if (filterProblem(topic) !== undefined || (!isSubscription && isWildcard(topic))) return `"${topic}" is no topic`
  const mismatch = filter === undefined ? undefined : (isSubscription ? coverMismatch : topicMismatch)(filter, topic)
  if (mismatch === undefined) return undefined
  return `the rule is for ${filter}, and the topic would be ${topic}: ${mismatch.level === 0 ? '' : `level ${mismatch.level}: `}${mismatch.clause}`
}

function nearMisses(looked: readonly { readonly pattern: KeyPattern, readonly ways: readonly Values[] }[], key: string, program: Program): readonly NearMiss[] {
  const fitting = looked.flatMap(({ pattern, ways }) => {
    const why = ways.map((way) => problemOf(way, pattern.step, program)).find((problem) => problem !== undefined)
    return why === undefined ? [] : [{ pattern, why }]
  })
  const reads = ({ pattern }: NearMiss): number => pattern.does === 'reads' ? 1 : 0
  if (fitting.length > 0) return fitting.toSorted((a, b) => reads(a) - reads(b)).slice(0, MOST_MISSES)
  // by how the fixed beginning differs
  const beginning = (parts: FieldTemplate): string => typeof parts[0] === 'string' ? parts[0] : ''
  const far = ({ pattern }: { readonly pattern: KeyPattern }): number => distance(beginning(pattern.parts), key.slice(0, beginning(pattern.parts).length))
  const byPattern = new Map(looked.map((one) => [patternText(one.pattern.parts), one]))
  return [...byPattern.values()].sort((a, b) => far(a) - far(b)).slice(0, MOST_MISSES).map(({ pattern }) => {
    const fixed = beginning(pattern.parts)
    return { pattern, why: key.startsWith(fixed) ? `the key is not of the form ${patternText(pattern.parts)}` : `its keys begin with ${fixed}` }
  })
}
