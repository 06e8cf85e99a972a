import type { FunctionName } from '../actions/action.ts'
import { actionOf } from '../actions/index.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { createFilterIndex, type FilterIndex } from '../language/filter-index.ts'
import { HOOKS } from '../language/hooks.ts'
import { filterProblem, overlapsFilter, withoutShare } from '../language/topic-filter.ts'
import { once } from './once.ts'
import { currentRules, poolIsKnown, type RuleSymbol, type Symbols } from './symbols.ts'

/** A rule of which all is known that decides which messages it meets. */
export interface FlowRule {
  readonly symbol: RuleSymbol
  readonly name: FunctionName
  readonly pool: string
  /** As the rule means it, without `$share/<group>/`; absent: every topic. */
  readonly filter: string | undefined
  /** Of the function. */
  readonly span: Span
  readonly poolSpan: Span
}

/** The rules with a function that run and are in order, in the order of the files. */
export const flowRules = once((symbols: Symbols): readonly FlowRule[] => currentRules(symbols).flatMap(symbol => flowRule(symbols, symbol) ?? []))

/** Those with that function that {@link meet} the rule, in the order of the files. */
export function meeting(symbols: Symbols, name: FunctionName | undefined, { filter }: Pick<FlowRule, 'filter'>): readonly FlowRule[] {
  return name === undefined ? [] : byFunction(symbols).get(name)?.overlapping(filter) ?? []
}

const byFunction = once(symbols => indexed(flowRules(symbols), ({ name }) => name))

/** Rules by a key of theirs, and then by their filters. */
export function indexed<K>(rules: readonly FlowRule[], keyOf: (rule: FlowRule) => K): ReadonlyMap<K, FilterIndex<FlowRule>> {
  const indexes = new Map<K, FilterIndex<FlowRule>>()
  for (const rule of rules) {
    const key = keyOf(rule)
    let index = indexes.get(key)
    if (index === undefined) indexes.set(key, index = createFilterIndex<FlowRule>())
    index.add(rule.filter, rule)
  }
  return indexes
}

/**
 * What is missing may be in what could not be read, or be a rule with a mistake that another check
 * reports: then nothing is said to be missing.
 */
export const mayHoldMore = once((symbols: Symbols): boolean => symbols.broken.length + symbols.strays.length > 0 || symbols.isPartial
  || currentRules(symbols).some(rule => rule.commands.length === 0 && flowRule(symbols, rule) === undefined))

function flowRule(symbols: Symbols, symbol: RuleSymbol): FlowRule | undefined {
  const { hook, known, functionName, pool, topic, members } = symbol
  if (hook === undefined || known === undefined || functionName === undefined || !known.hooks.includes(hook)) return undefined
  if (pool === undefined || !poolIsKnown(symbols, pool.value)) return undefined
  const rule = { symbol, name: known.name, pool: pool.value, span: functionName.span, poolSpan: pool.span }
  if (!HOOKS[hook].hasTopic || !members.has('topic')) return { ...rule, filter: undefined }
  if (topic === undefined || filterProblem(topic.value) !== undefined) return undefined
  const filter = withoutShare(topic.value)
  return filterProblem(filter) === undefined ? { ...rule, filter } : undefined
}

/** There are topics that both take. */
export function meet(a: Pick<FlowRule, 'filter'>, b: Pick<FlowRule, 'filter'>): boolean {
  return a.filter === undefined || b.filter === undefined || overlapsFilter(a.filter, b.filter)
}

/** The filter of a rule; that of one for every topic as far as messages of clients go. */
export function filterOf({ filter }: FlowRule): string {
  return filter ?? '#'
}

interface Missing {
  readonly name: FunctionName
  readonly pool: string
  readonly filter: string | undefined
  /** How the keys begin that the function is about. */
  readonly keys: string
}

/**
 * What a rule with this function would do may be done all the same: commands of its hook and pool
 * work on such keys, or a line with it is there and another takes its place, which has a finding of its own.
 */
export function isDoneOtherwise(symbols: Symbols, { name, pool, filter, keys }: Missing): boolean {
  const [done, replaced] = [commandKeys(symbols), replacedRules(symbols)]
  // As nearly always.
  if (done.size + replaced.size === 0) return false
  const { hooks: [hook] } = actionOf(name)
  return done.get(`${hook} ${pool}`)?.has(keys) === true
    || (replaced.get(`${name} ${pool}`)?.overlapping(filter) ?? []).length > 0
}

/** How the keys begin that commands work on, by the hook and the pool of their rules; of the keys that functions know too. */
const commandKeys = once((symbols) => {
  const keys = new Map<string, Set<string>>()
  for (const { hook, pool, commands } of currentRules(symbols)) {
    for (const { parts: [first] } of commands.flatMap(({ fields }) => fields)) {
      const key = first?.kind === 'text' ? /^mqtt:\w+:/.exec(first.text)?.[0] : undefined
      if (key === undefined) continue
      const id = `${hook} ${pool?.value}`
      keys.set(id, (keys.get(id) ?? new Set()).add(key))
    }
  }
  return keys
})

/** Rules with a function in whose place others run, by it and the pool. */
const replacedRules = once((symbols) => {
  const replaced = symbols.rules.filter(({ repeatedBy }) => repeatedBy !== undefined).flatMap(symbol => flowRule(symbols, symbol) ?? [])
  return indexed(replaced, ({ name, pool }) => `${name} ${pool}`)
})
