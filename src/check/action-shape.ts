import type { Span } from '../diagnostic/diagnostic.ts'
import type { JsonObject } from '../syntax/ast.ts'
import { ruleName, type Check, type Finding } from './check.ts'
import { elementRemoved, extentOf, lineAdded } from './edits.ts'
import { freeNumber } from './free-number.ts'
import { inEachRule } from './rule-kinds.ts'
import type { RuleSymbol, Symbols } from './symbols.ts'

export const actionShape: Check = {
  name: 'action-shape',
  severity: 'error',
  fix: 'offered',
  doc: 'A rule does one thing: a function, or a list of commands. What is to do both is two rules.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup", "commands": ["INCR connects"]}, "pool": "pool1"}',
  good: `backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool1"}
backend.redis.hook.client.connected.2 = {"action": {"commands": ["INCR connects"]}, "pool": "pool1"}`,
  find: symbols => inEachRule(symbols, function* (rule) {
    const { members, action } = rule
    if (!members.has('action')) {
      yield { span: rule.rule.key.span, message: `\`${ruleName(rule)}\` has no action`, hint: 'add "action": {"function": ..} or {"commands": [..]}' }
    }
    if (action === undefined) return
    const given = new Map(action.members.map(({ name, value }) => [name.value, value]))
    const commands = given.get('commands')
    if (given.has('function') && given.has('commands')) {
      yield { span: action.span, message: 'an action is a function or commands, not both', ...twoRules(symbols, rule, action) }
    } else if (!given.has('function') && !given.has('commands')) {
      yield { span: action.span, message: 'an action is a function or commands', hint: HINT }
    } else if (commands?.kind === 'array' && commands.items.length === 0) {
      yield { span: commands.span, message: 'the list of commands is empty', hint: 'write at least one command' }
    }
  }),
}

const HINT = 'give exactly one of `function` and `commands`'

/** Both are meant, and neither can be said to be more so: the commands become a rule of their own. */
function twoRules(symbols: Symbols, rule: RuleSymbol, action: JsonObject): Pick<Finding, 'hint' | 'fix'> {
  const commands = action.members.filter(({ name }) => name.value === 'commands')
  const [only] = commands
  if (only === undefined || commands.length > 1 || only.value.kind !== 'array' || rule.hook === undefined || rule.oldForm) return { hint: HINT }
  const without = elementRemoved(symbols, action.members, only)
  if (only.value.items.length === 0) return { fix: { title: 'delete the empty `commands`', edits: without } }
  const list = textAt(symbols, only.value.span)
  if (list === undefined) return { hint: HINT }
  const others = ['topic', 'pool'].map((name) => {
    const value = rule.members.get(name)?.value
    const text = value === undefined ? undefined : textAt(symbols, value.span)
    return text === undefined ? [] : [`"${name}": ${text}`]
  })
  const [topic = [], pool = []] = others
  const line = `backend.redis.hook.${rule.hookText}.${freeNumber(symbols, rule.hook)} = {${[...topic, `"action": {"commands": ${list}}`, ...pool].join(', ')}}`
  return { fix: { title: 'make two rules of it, one with the function and one with the commands', edits: [...without, lineAdded(symbols, extentOf(rule.rule), line)] } }
}

/** As it is written, if that is on one line: another could have comments of its own. */
function textAt({ files }: Pick<Symbols, 'files'>, { file, start, end }: Span): string | undefined {
  const text = files.get(file)?.source.text.slice(start.offset, end.offset)
  return text?.includes('\n') === true ? undefined : text
}
