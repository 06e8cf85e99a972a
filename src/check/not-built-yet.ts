import { POOL_OPTIONS } from '../language/pool-options.ts'
import { rowOf } from '../language/setting-table.ts'
import { ruleName, type Check, type Finding } from './check.ts'
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
  },
}

function* settings({ settings: all }: Symbols): Iterable<Finding> {
  for (const { setting: { key, value }, target, repeatedBy } of all) {
    const row = target === undefined ? undefined : rowOf(target)
    if (row?.unbuilt === undefined || repeatedBy !== undefined || value.missing !== undefined) continue
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
