import type { FunctionName } from '../actions/action.ts'
import { actionOf } from '../actions/index.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { HOOKS } from '../language/hooks.ts'
import { filterProblem, overlapsFilter, withoutShare } from '../language/topic-filter.ts'
import { currentRules, poolIsKnown, type CommandSymbol, type RuleSymbol, type Symbols } from './symbols.ts'

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
export function flowRules(symbols: Symbols): readonly FlowRule[] {
  return currentRules(symbols).flatMap(symbol => flowRule(symbols, symbol) ?? [])
}

/**
 * What is missing may be in what could not be read, or be a rule with a mistake that another check
 * reports: then nothing is said to be missing.
 */
export function mayHoldMore(symbols: Symbols): boolean {
  return symbols.broken.length + symbols.strays.length > 0 || symbols.isPartial
    || currentRules(symbols).some(rule => rule.commands.length === 0 && flowRule(symbols, rule) === undefined)
}

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
  const { hooks: [hook] } = actionOf(name)
  return symbols.rules.some((symbol) => {
    if (symbol.hook !== hook || symbol.pool?.value !== pool) return false
    if (symbol.repeatedBy === undefined) return symbol.commands.some(command => namesKey(command, keys))
    const rule = symbol.known?.name === name ? flowRule(symbols, symbol) : undefined
    return rule !== undefined && meet(rule, { filter })
  })
}

function namesKey({ fields }: CommandSymbol, keys: string): boolean {
  return fields.some(({ parts: [first] }) => first?.kind === 'text' && first.text.startsWith(keys))
}
