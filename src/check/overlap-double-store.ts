import { exampleTopic } from '../language/filter-algebra.ts'
import { createFilterIndex, type FilterIndex } from '../language/filter-index.ts'
import { coversFilter } from '../language/topic-filter.ts'
import { lineBeside, ruleName, type Check, type Finding } from './check.ts'
import { extentOf, linesRemoved } from './edits.ts'
import { filterOf, flowRules, type FlowRule } from './flow-rule.ts'
import { expiryIsKnown, expirySeconds, isLonger, keptText } from './storing.ts'
import type { Symbols } from './symbols.ts'

export const overlapDoubleStore: Check = {
  name: 'overlap-double-store',
  severity: 'warning',
  fix: 'offered',
  doc: 'A message that two rules store in one pool is one record, kept for the longer time. Where a rule keeps some of the topics of another for longer this is a hint: it may well be meant.',
  bad: `backend.redis.hook.message.publish.1 = {"topic": "sensors/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "sensors/+/temp", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}`,
  good: `backend.redis.hook.message.publish.1 = {"topic": "sensors/+", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "sensors/+/temp", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}`,
  *find(symbols) {
    if (!expiryIsKnown(symbols)) return
    // With `$share/` a filter matches nothing.
    const stores = flowRules(symbols).filter(({ symbol }) => symbol.known?.expires === true && symbol.topic?.value.startsWith('$share/') !== true)
    // Of rules with one filter the first is the one that is named, so no other needs to be found.
    const firsts = new Map<string, { readonly filters: Set<string | undefined>, readonly index: FilterIndex<FlowRule> }>()
    for (const later of stores) {
      const id = `${later.name} ${later.pool}`
      const { filters, index } = firsts.get(id) ?? { filters: new Set(), index: createFilterIndex<FlowRule>() }
      firsts.set(id, { filters, index })
      const earlier = index.overlapping(later.filter).find(rule => rule.filter !== later.filter)
      if (!filters.has(later.filter)) index.add(later.filter, later)
      filters.add(later.filter)
      if (earlier !== undefined) yield* doubleOf(symbols, earlier, later)
    }
  },
}

function* doubleOf(symbols: Symbols, earlier: FlowRule, later: FlowRule): Iterable<Finding> {
  const topic = exampleTopic([earlier, later].flatMap(({ filter }) => filter ?? []))
  if (topic === undefined) return
  const [wide, narrow] = coversFilter(filterOf(later), filterOf(earlier)) ? [later, earlier] : [earlier, later]
  const isCovered = wide.filter === undefined || coversFilter(wide.filter, filterOf(narrow))
  const [wideExpiry, narrowExpiry] = [wide, narrow].map(({ symbol }) => expirySeconds(symbols, symbol))
  const isMeant = isCovered && isLonger(narrowExpiry, wideExpiry)
  const longer = isLonger(wideExpiry, narrowExpiry) ? wideExpiry : narrowExpiry
  const span = later.symbol.topic?.span ?? later.span
  const other = earlier.symbol.topic?.span ?? earlier.span
  yield {
    ...isMeant ? { severity: 'info' as const } : {},
    span,
    message: `\`${topic}\` is stored here and by \`${ruleName(earlier.symbol)}\` (${lineBeside(other, span)}): one record, kept ${keptText(longer)}`,
    ...cure(symbols, { wide, narrow, isCovered, isMeant }),
    related: [{ span: other, message: 'stored here too' }],
  }
}

interface Double {
  readonly wide: FlowRule
  readonly narrow: FlowRule
  readonly isCovered: boolean
  readonly isMeant: boolean
}

function cure(symbols: Symbols, { wide, narrow, isCovered, isMeant }: Double): Pick<Finding, 'hint' | 'fix'> {
  if (isMeant) return { hint: `leave it so if \`${filterOf(narrow)}\` is to be kept longer` }
  if (!isCovered) return { hint: 'narrow one of the filters' }
  const title = `delete \`${ruleName(narrow.symbol)}\``
  return {
    hint: `${title}: \`${ruleName(wide.symbol)}\` stores all of it`,
    fix: { title, edits: [linesRemoved(symbols, extentOf(narrow.symbol.rule))] },
  }
}
