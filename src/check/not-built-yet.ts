import { POOL_OPTIONS } from '../language/pool-options.ts'
import { rowOf } from '../language/setting-table.ts'
import type { Rule } from '../syntax/ast.ts'
import { printJson } from '../syntax/print.ts'
import { ruleName, type Check, type Finding } from './check.ts'
import { misprintOf } from './misprint.ts'
import { currentRules, type Symbols } from './symbols.ts'

export const notBuiltYet: Check = {
  name: 'not-built-yet',
  severity: 'error',
  doc: 'Part of the language, and not built yet: said, so that nobody relies on it. A warning where the rest works without it.',
  bad: `backend.redis.pool1.server = 127.0.0.1:6379
backend.redis.pool1.type = cluster
backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}`,
  good: `backend.redis.pool1.server = 127.0.0.1:6379
backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}`,
  *find(symbols) {
    yield* settings(symbols)
    yield* pools(symbols)
    yield* references(symbols)
    yield* oldForms(symbols)
    for (const { span } of symbols.includes) yield { span, message: 'includes are not supported yet', hint: 'name the file on the command line too' }
  },
}

function* settings({ settings: all }: Symbols): Iterable<Finding> {
  for (const { setting: { key, value }, target, repeatedBy } of all) {
    const row = target === undefined ? undefined : rowOf(target)
    if (row?.unbuilt === undefined || repeatedBy !== undefined || value.parts.some(({ kind }) => kind !== 'text')) continue
    const { severity, what, except } = row.unbuilt
    // What is no value at all is said elsewhere.
    if (except?.includes(value.text) === true || row.value.read(value.text) === undefined) continue
    yield severity === 'error'
      ? { severity, span: value.span, message: `${what} is not supported yet`, hint: 'delete the line' }
      : { severity, span: key.span, message: `${what} is not supported yet; the line has no effect`, hint: 'delete the line' }
  }
}

/** One finding for a pool, at the line that makes it so, however many rules use it. */
function* pools(symbols: Symbols): Iterable<Finding> {
  for (const { name, options } of symbols.pools.values()) {
    const type = options.get('type')
    const user = currentRules(symbols).find(({ pool }) => pool?.value === name)
    if (type === undefined || POOL_OPTIONS.type.value.read(type.value.text) !== 'cluster' || user === undefined) continue
    yield {
      span: type.value.span, message: 'rules on a cluster pool are not supported yet', hint: 'use a single Redis, or one with sentinels',
      related: [{ span: user.pool?.span ?? user.rule.key.span, message: `\`${ruleName(user)}\` uses it` }],
    }
  }
}

function* references({ settings: all }: Symbols): Iterable<Finding> {
  for (const part of all.flatMap(({ setting }) => setting.value.parts)) {
    if (part.kind !== 'text') yield { span: part.span, message: `\`\${${part.kind}:..}\` is not supported yet`, hint: 'write the value' }
  }
}

function* oldForms({ settings: all, strays }: Symbols): Iterable<Finding> {
  for (const { setting: { key, value }, words } of all) {
    const meant = misprintOf(words)
    if (meant !== undefined) yield { span: key.span, message: 'this form of old manuals is not read yet', hint: `write \`${meant} = ${value.text}\`` }
  }
  for (const rule of strays) {
    if (rule.key.words[1]?.text !== 'redis' || rule.key.words[2]?.text !== 'rule') continue
    const line = newLine(rule)
    yield {
      span: rule.key.span, message: 'the form of rules before EMQ X 2.0 is not read yet',
      hint: line === undefined ? 'write `backend.redis.hook.<hook>.<number> = {..}`' : `write \`${line}\``,
    }
  }
}

/** Hooks of the functions before EMQ X 2.0, whose fetch and acked mean the queue pair (SPEC 1.2). */
const OLD_FUNCTIONS: Readonly<Record<string, readonly [hook: string, name: string]>> = {
  on_client_connected: ['client.connected', 'on_client_connected'],
  on_client_disconnected: ['client.disconnected', 'on_client_disconnected'],
  on_subscribe_lookup: ['client.connected', 'on_subscribe_lookup'],
  on_message_publish: ['message.publish', 'on_message_publish'],
  on_message_fetch: ['session.subscribed', 'on_message_fetch_for_queue'],
  on_message_acked: ['message.acked', 'on_message_acked_for_queue'],
  on_message_retain: ['message.publish', 'on_message_retain'],
  on_retain_delete: ['message.publish', 'on_retain_delete'],
  on_retain_lookup: ['session.subscribed', 'on_retain_lookup'],
}

/** The rule as it is written today; nothing if its action is not known. */
function newLine({ key, value }: Rule): string | undefined {
  const members = new Map(value.members.map(member => [member.name.value, member.value]))
  const [action, filter, pool] = [members.get('action'), members.get('filter'), members.get('pool')]
  const [hook, name] = (action?.kind === 'string' ? OLD_FUNCTIONS[action.value] : undefined) ?? []
  if (hook === undefined || name === undefined) return undefined
  const topic = filter === undefined || hook.startsWith('client.') ? [] : [`"topic": ${printJson(filter)}`]
  const fields = [...topic, `"action": {"function": "${name}"}`, ...pool === undefined ? [] : [`"pool": ${printJson(pool)}`]]
  return `backend.redis.hook.${hook}.${key.words.at(-1)?.text ?? '1'} = {${fields.join(', ')}}`
}
