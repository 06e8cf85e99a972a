import type { HookName } from '../language/hooks.ts'
import { compareRuleNumbers } from '../language/rule-number.ts'
import { formatting, formattedLines } from '../syntax/format.ts'
import { ruleName, type Check, type Finding } from './check.ts'
import { currentRules, type RuleSymbol, type Symbols } from './symbols.ts'

export const numberOrder: Check = {
  name: 'number-order',
  severity: 'info',
  fix: 'safe',
  doc: 'Rules of a hook run in the order of their numbers, not of their lines; a file that shows another order misleads.',
  bad: `backend.redis.hook.message.acked.2 = {"topic": "a", "action": {"commands": ["INCR a:\${clientid}"]}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "b", "action": {"commands": ["INCR b:\${clientid}"]}, "pool": "pool1"}`,
  good: `backend.redis.hook.message.acked.2 = {"topic": "a", "action": {"commands": ["INCR a:\${clientid}"]}, "pool": "pool1"}
backend.redis.hook.message.acked.10 = {"topic": "b", "action": {"commands": ["INCR b:\${clientid}"]}, "pool": "pool1"}`,
  *find(symbols) {
    const last = new Map<HookName, RuleSymbol>()
    const said = new Set<HookName>()
    for (const rule of currentRules(symbols)) {
      const { hook } = rule
      if (hook === undefined || said.has(hook)) continue
      const before = last.get(hook)
      last.set(hook, rule)
      if (before?.number === undefined || rule.number === undefined) continue
      // Files are put together in an order of their own.
      if (before.rule.key.span.file !== rule.rule.key.span.file) continue
      if (compareRuleNumbers(before.number, rule.number) <= 0) continue
      said.add(hook)
      yield {
        span: rule.rule.key.span, message: `\`${ruleName(rule)}\` runs before \`${ruleName(before)}\`, and the file shows another order`,
        related: [{ span: before.rule.key.span, message: 'runs later' }],
        ...cure(symbols, before, rule),
      }
    }
  },
}

/** Where other lines stand between the two, what the file shows by its order is not for a program to say. */
function cure({ files }: Symbols, before: RuleSymbol, rule: RuleSymbol): Pick<Finding, 'hint' | 'fix'> {
  const file = files.get(rule.rule.key.span.file)
  const lines = file === undefined ? [] : formattedLines(file)
  const isMended = file !== undefined && lines.indexOf(rule.rule) < lines.indexOf(before.rule)
  return isMended ? { hint: 'move the line, or run `hookline fmt`', fix: { title: 'run `hookline fmt`', edits: formatting(file) } } : { hint: 'move the line' }
}
