import { ACTION_MEMBERS, MAX_EXPIRY_SECONDS, RULE_MEMBERS, type RuleMember } from '../language/rule-members.ts'
import type { Json } from '../syntax/ast.ts'
import type { Check, Finding } from './check.ts'
import { inEachRule } from './rule-kinds.ts'
import type { RuleSymbol } from './symbols.ts'

export const memberType: Check = {
  name: 'member-type',
  severity: 'error',
  doc: 'Each field of a rule takes values of one type.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": 5, "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "5", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  find: symbols => inEachRule(symbols, function* (rule) {
    yield* wrongMembers(rule)
    yield* wrongActionMembers(rule)
  }),
}

function* wrongMembers({ members }: RuleSymbol): Iterable<Finding> {
  for (const [name, row] of Object.entries(RULE_MEMBERS)) {
    const value = members.get(name)?.value
    if (value !== undefined && !FITS[row.type](value)) yield { span: value.span, message: `\`${name}\` is ${row.expects}`, hint: correction(name, value) }
  }
}

const FITS: Readonly<Record<RuleMember['type'], (value: Json) => boolean>> = {
  text: ({ kind }) => kind === 'string',
  object: ({ kind }) => kind === 'object',
  seconds: value => value.kind === 'number' && Number.isInteger(Number(value.text)) && Math.abs(Number(value.text)) <= MAX_EXPIRY_SECONDS,
}

function correction(name: string, value: Json): string | undefined {
  if (value.kind === 'string' && name === 'action') return `write {"function": "${value.value}"}`
  if (value.kind === 'string' && /^\d+$/.test(value.value)) return `write ${value.value}, without quotes`
  return value.kind === 'number' && name !== 'expired_time' ? `write "${value.text}"` : undefined
}

function* wrongActionMembers({ action }: RuleSymbol): Iterable<Finding> {
  const members = new Map(action?.members.map(({ name, value }) => [name.value, value]))
  const functionName = members.get('function')
  if (functionName !== undefined && functionName.kind !== 'string') {
    yield { span: functionName.span, message: `\`function\` is ${ACTION_MEMBERS.function.expects}` }
  }
  const commands = members.get('commands')
  if (commands === undefined) return
  const wrong = commands.kind === 'array' ? commands.items.filter(({ kind }) => kind !== 'string') : [commands]
  for (const { span, kind } of wrong) {
    const hint = commands === wrong[0] && kind === 'string' ? 'put [ and ] around it' : undefined
    yield { span, message: `\`commands\` is ${ACTION_MEMBERS.commands.expects}`, hint }
  }
}
