import { KEY_TABLE } from '../actions/key-table.ts'
import { lineBeside, ruleName } from '../check/check.ts'
import { flowRules, meet, type FlowRule } from '../check/flow-rule.ts'
import { FLOWS } from '../check/flows.ts'
import { placeholderUses } from '../check/placeholders.ts'
import { callsOf } from '../check/redis-call.ts'
import { expirySeconds } from '../check/storing.ts'
import { currentRules, type RuleSymbol, type Symbols } from '../check/symbols.ts'
import { subscriptionWords, topicWords } from '../language/filter-words.ts'
import { isPlaceholder } from '../language/hook-name.ts'
import { HOOKS } from '../language/hooks.ts'
import { PLACEHOLDER_VALUES } from '../language/placeholder-values.ts'
import { compareRuleNumbers } from '../language/rule-number.ts'
import { filterProblem, withoutShare } from '../language/topic-filter.ts'
import { commandWords, secondsText } from './command-words.ts'
import type { LineFacts } from './line.ts'
import { poolWords } from './pool-words.ts'

/** What a rule does, when and to which keys: only what its rows and the other rules say. */
export function ruleFacts(symbols: Symbols, rule: RuleSymbol): LineFacts {
  const { rule: { key, value }, hook, known } = rule
  const facts: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    ['no effect', [overridden(rule)]],
    ['when', [hook === undefined ? undefined : HOOKS[hook].when]],
    ['for', [filterClause(rule)]],
    ['does', [known === undefined ? undefined : `\`${known.name}\`: ${known.summary}`, ...callsOf([rule]).map(commandWords)]],
    ['takes', [known?.qos]],
    ['keys', known?.keys.map(keyClause) ?? []],
    ['values', placeholderClauses(symbols, rule)],
    ['kept', [keptClause(symbols, rule)]],
    ['pool', [rule.pool === undefined ? undefined : poolWords(symbols, rule.pool.value, key.span)]],
    ['goes with', partnerClauses(symbols, rule)],
    ['order', [orderClause(symbols, rule)]],
  ]
  return {
    span: { file: key.span.file, start: key.span.start, end: value.span.end },
    title: `the rule ${ruleName(rule)}`,
    facts: facts.map(([label, clauses]) => [label, clauses.filter(clause => clause !== undefined)] as const),
  }
}

function overridden(rule: RuleSymbol): string | undefined {
  const { repeatedBy, rule: { key } } = rule
  return repeatedBy === undefined ? undefined : `\`${ruleName(rule)}\` is on ${lineBeside(repeatedBy.key.span, key.span)} again, and the last line with a key counts`
}

function filterClause({ hook, topic, members }: RuleSymbol): string | undefined {
  if (hook === undefined) return undefined
  if (!HOOKS[hook].hasTopic) return topic === undefined ? 'every client' : 'every client: clients have no topic, so the filter has no effect'
  const ofSubscriptions = hook.startsWith('session.')
  if (!members.has('topic')) return ofSubscriptions ? 'every subscription' : 'every topic'
  const filter = topic?.value
  if (filter === undefined || filterProblem(filter) !== undefined) return undefined
  if (filter !== withoutShare(filter)) return 'nothing: what comes here has no `$share/..` at its front'
  const { clause, takes, leaves } = ofSubscriptions ? subscriptionWords(filter) : topicWords(filter)
  return `${clause}: \`${takes}\`, and not \`${leaves}\``
}

function keyClause(pattern: string): string {
  const row = KEY_TABLE.find(key => key.pattern === pattern)
  return row === undefined ? `\`${pattern}\`` : `\`${pattern}\`, a ${row.type}: ${row.holds}`
}

/** Each placeholder of its commands once. */
function placeholderClauses(symbols: Symbols, rule: RuleSymbol): readonly string[] {
  const names = new Set([...placeholderUses({ ...symbols, rules: [rule] })].map(({ name }) => name))
  return [...names].filter(isPlaceholder).map(name => `\`\${${name}}\` is ${PLACEHOLDER_VALUES[name].summary}`)
}

function keptClause(symbols: Symbols, rule: RuleSymbol): string | undefined {
  if (rule.known?.expires !== true) return undefined
  const seconds = expirySeconds(symbols, rule)
  if (seconds === undefined) return 'for ever: neither `expired_time` nor `backend.redis.msg.expired_after` says how long'
  return `${secondsText(seconds)}, as ${seconds === rule.expiredTime ? 'its `expired_time`' : '`backend.redis.msg.expired_after`'} says`
}

/** What each part of a flow does for the others, to follow a rule's name. */
const ROLES = { store: 'stores what is fetched', fetch: 'fetches what is stored', ack: 'takes note of what has arrived' } as const

/** The rules of its pool with which it does one thing together. */
function partnerClauses(symbols: Symbols, { rule, known }: RuleSymbol): readonly string[] {
  if (known === undefined) return []
  const rules = flowRules(symbols)
  const own = rules.find(it => it.symbol.rule === rule)
  if (own === undefined) return []
  const partners = new Map<FlowRule, string>()
  for (const flow of FLOWS) {
    if (![flow.store, flow.fetch, flow.ack].includes(known.name)) continue
    for (const role of ['store', 'fetch', 'ack'] as const) {
      for (const other of rules) if (other.name === flow[role] && other.name !== known.name && other.pool === own.pool && meet(other, own)) partners.set(other, ROLES[role])
    }
  }
  return Array.from(partners, ([{ symbol }, does]) => `\`${ruleName(symbol)}\` (${lineBeside(symbol.rule.key.span, rule.key.span)}), which ${does}`)
}

function orderClause(symbols: Symbols, rule: RuleSymbol): string | undefined {
  if (rule.hook === undefined || rule.repeatedBy !== undefined) return undefined
  const rules = currentRules(symbols).filter(({ hook }) => hook === rule.hook).sort((a, b) => compareRuleNumbers(a.number ?? '', b.number ?? ''))
  const at = rules.findIndex(other => other.rule === rule.rule)
  if (at === -1) return undefined
  if (rules.length === 1) return 'the only rule of its hook'
  const neighbour = (other: RuleSymbol | undefined): string => other === undefined ? '' : `\`${ruleName(other)}\` (${lineBeside(other.rule.key.span, rule.rule.key.span)})`
  const [before, after] = [neighbour(rules[at - 1]), neighbour(rules[at + 1])]
  return `${at + 1} of ${rules.length} rules of its hook${before === '' ? '' : `, after ${before}`}${after === '' ? '' : `, before ${after}`}`
}
