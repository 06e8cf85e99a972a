import { doubtfulWords, withPlaceholders } from '../check/bare-word-placeholder.ts'
import { RENAMED_FUNCTIONS } from '../check/old-rule.ts'
import { callsOf } from '../check/redis-call.ts'
import type { RuleSymbol } from '../check/symbols.ts'
import { isRefused } from '../check/unpaired.ts'
import { oneOfThese } from '../diagnostic/did-you-mean.ts'
import { keyText } from '../syntax/print.ts'
import type { Json, JsonObject, JsonString, Rule } from '../syntax/ast.ts'

/** A line as hookline would write it, with what was changed in it and what somebody has to decide, in clauses. */
export interface Rewritten<L> {
  readonly lines: readonly L[]
  readonly changes: readonly string[]
  readonly decisions: readonly string[]
}

/** A rule in the form and with the names of today. */
export function rewriteRule(symbol: RuleSymbol): Rewritten<Rule> {
  const { rule, oldForm, hook, hookText } = symbol
  const changes: string[] = []
  if (oldForm) changes.push(`the form of before EMQ X 2.0, now \`${keyText(rule.key)}\``)
  let made: Rule = rule
  if (hook !== undefined && hook !== hookText) {
    changes.push(`the hook \`${hookText}\` is called \`${hook}\``)
    made = withHook(made, hook)
  }
  const replaced = new Map<JsonString, string>()
  const { functionName } = symbol
  const renamed = RENAMED_FUNCTIONS.get(functionName?.value ?? '')
  if (functionName !== undefined && renamed !== undefined) {
    changes.push(`the function \`${functionName.value}\` is called \`${renamed}\``)
    replaced.set(functionName, renamed)
  }
  for (const [text, filled] of filledCommands(symbol)) {
    changes.push(`\`${text.value}\` stores words, not what they stand for: \`${filled}\``)
    replaced.set(text, filled)
  }
  if (replaced.size > 0) made = { ...made, value: withTexts(made.value, replaced) }
  return { lines: [made], changes, decisions: decisionsOn(symbol) }
}

function withHook(rule: Rule, hook: string): Rule {
  const { words, span } = rule.key
  const named = hook.split('.').map(text => ({ text, span }))
  return { ...rule, key: { words: [...words.slice(0, 3), ...named, ...words.slice(5)], span } }
}

/** Commands with bare words that are meant as placeholders; one that Redis refuses is left alone. */
function filledCommands(symbol: RuleSymbol): ReadonlyMap<JsonString, string> {
  const { hook, commands } = symbol
  const refused = new Set(callsOf([symbol]).filter(isRefused).map(({ command }) => command))
  return new Map(hook === undefined ? [] : commands.flatMap((command) => {
    const filled = refused.has(command) ? undefined : withPlaceholders(command, hook)
    return filled === undefined ? [] : [[command.text, filled] as const]
  }))
}

function withTexts(object: JsonObject, texts: ReadonlyMap<JsonString, string>): JsonObject {
  return { ...object, members: object.members.map(member => ({ ...member, value: replacedIn(member.value, texts) })) }
}

function replacedIn(json: Json, texts: ReadonlyMap<JsonString, string>): Json {
  switch (json.kind) {
    case 'string': return { ...json, value: texts.get(json) ?? json.value }
    case 'array': return { ...json, items: json.items.map(item => replacedIn(item, texts)) }
    case 'object': return withTexts(json, texts)
    case 'number': case 'constant': return json
    default: return json satisfies never
  }
}

/** Keys that only documentation before EMQ X 2.0 has, and what is there since. */
const OLD_KEYS: readonly (readonly [old: string, today: string])[] = [
  ['mqtt:state:', 'mqtt:client:'], ['mqtt:subscription:', 'mqtt:sub:'], ['mqtt:message:', 'mqtt:msg:'],
]

function decisionsOn({ commands, hook, expiredTime, known }: RuleSymbol): readonly string[] {
  const words = hook === undefined ? [] : commands.flatMap(command => doubtfulWords(command, hook))
  const keys = OLD_KEYS.filter(([old]) => commands.some(({ text }) => text.value.includes(old)))
  return [
    ...words.length === 0 ? [] : [`${oneOfThese([...new Set(words)], 'and')} in the key is left as it is; write ${oneOfThese([...new Set(words)].map(word => `\${${word}}`), 'and')} if the value is meant`],
    ...keys.map(([old, today]) => `\`${old}\` is from manuals before EMQ X 2.0; the functions keep that at \`${today}\``),
    ...expiredTime === undefined || expiredTime > 0 || known?.expires !== true ? [] : ['what EMQ X made of an `expired_time` of 0 or less its manuals do not say; here `backend.redis.msg.expired_after` counts, and without that it is kept for ever'],
  ]
}
