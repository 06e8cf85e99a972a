import type { Check } from './check.ts'
import { linesRemoved } from './edits.ts'
import { currentRules, poolIsKnown } from './symbols.ts'

export const unusedPool: Check = {
  name: 'unused-pool',
  severity: 'warning',
  fix: 'offered',
  doc: 'A pool that no rule names is never opened. Said only where every rule can be read and names a pool that is defined.',
  bad: `backend.redis.pool1.server = 10.0.0.1:6379
backend.redis.pool9.server = 10.0.0.9:6379
backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool1"}`,
  good: `backend.redis.pool9.server = 10.0.0.9:6379
backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool9"}`,
  *find(symbols) {
    const rules = currentRules(symbols)
    const unclear = symbols.broken.length + symbols.strays.length > 0 || symbols.isPartial
      || rules.some(({ pool }) => pool === undefined || !poolIsKnown(symbols, pool.value))
    // A file of settings only may well belong to another with rules.
    if (unclear || rules.length === 0) return
    const used = new Set(rules.map(({ pool }) => pool?.value))
    for (const { name, span } of symbols.pools.values()) {
      if (used.has(name)) continue
      const title = 'delete its lines'
      const lines = symbols.settings.filter(({ target }) => target?.kind === 'pool' && target.pool === name).map(({ setting }) => setting.key.span)
      yield {
        span, message: `no rule uses \`${name}\``, hint: `${title}, or name it in a rule`,
        ...lines.every(({ file }) => file === span.file) ? { fix: { title, edits: lines.map(line => linesRemoved(symbols, line)) } } : {},
      }
    }
  },
}
