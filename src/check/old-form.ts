import { nameHint } from '../diagnostic/did-you-mean.ts'
import { keyText, printJson, printLine, scalarText } from '../syntax/print.ts'
import type { Check, Finding } from './check.ts'
import { extentOf, linesEdit } from './edits.ts'
import { isOldRuleKey, OLD_FUNCTIONS, oldAction } from './old-rule.ts'
import { inEachRule } from './rule-kinds.ts'
import type { Symbols } from './symbols.ts'

export const oldForm: Check = {
  name: 'old-form',
  severity: 'warning',
  fix: 'safe',
  doc: 'The forms before EMQ X 2.0 and the misprints of its manuals are read; the new line says the same.',
  bad: 'backend.redis.rule.1 = {"action": "on_subscribe_lookup", "filter": "#", "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool1"}',
  *find(symbols) {
    yield* rules(symbols)
    yield* unreadableRules(symbols)
    yield* misprints(symbols)
  },
}

function rules(symbols: Symbols): Iterable<Finding> {
  return inEachRule(symbols, function* ({ rule, oldForm: old }) {
    if (!old) return
    yield {
      span: rule.key.span, message: 'the form of rules before EMQ X 2.0; it is read',
      fix: { title: `write \`${keyText(rule.key)} = ${printJson(rule.value)}\``, edits: [linesEdit(symbols, extentOf(rule), printLine(rule))] },
    }
  })
}

function* unreadableRules({ strays }: Symbols): Iterable<Finding> {
  for (const rule of strays) {
    if (rule.key.words[1]?.text !== 'redis' || rule.key.words[2]?.text !== 'rule') continue
    const action = oldAction(rule)
    if (!isOldRuleKey(rule.key) || action === undefined) {
      yield {
        severity: 'error', span: rule.key.span, message: 'neither a rule of today nor one of before EMQ X 2.0',
        hint: 'write `backend.redis.hook.<hook>.<number> = {..}`',
      }
    } else {
      yield {
        severity: 'error', span: action.span, message: `rules before EMQ X 2.0 have no action \`${action.value}\``,
        hint: nameHint(action.value, OLD_FUNCTIONS),
      }
    }
  }
}

function* misprints(symbols: Symbols): Iterable<Finding> {
  for (const { setting: { key, value }, pools } of symbols.misprints) {
    const lines = (pools.length === 0 ? ['<pool>'] : pools).map(name => `backend.redis.${name}.sentinel = ${scalarText(value)}`)
    const title = `write ${lines.map(line => `\`${line}\``).join(' and ')}`
    yield pools.length === 0
      ? { span: key.span, message: 'no pool is named here, and none lacks a sentinel; the line has no effect', hint: `${title}, or delete the line` }
      : {
        span: key.span, message: `no pool is named here, as in old manuals; read for ${pools.map(name => `\`${name}\``).join(' and ')}`,
        fix: { title, edits: [linesEdit(symbols, extentOf({ key, value }), lines.join('\n'))] },
      }
  }
}
