import type { Span } from '../diagnostic/diagnostic.ts'
import { nearest } from '../diagnostic/did-you-mean.ts'
import { lineBeside, type Check } from './check.ts'
import { choice } from './choice.ts'
import { textEdit } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'
import { poolIsKnown, type Symbols } from './symbols.ts'

export const undefinedPool: Check = {
  name: 'undefined-pool',
  severity: 'error',
  fix: 'offered',
  doc: 'A rule writes into a pool, and there is none of that name.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool2"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}',
  find: symbols => inEachRule(symbols, function* ({ pool }) {
    if (pool === undefined || poolIsKnown(symbols, pool.value)) return
    yield {
      span: pool.span, message: `pool \`${pool.value}\` is not defined; ${definedPools(symbols, pool.span)}`,
      ...choice(nearest(pool.value, symbols.pools.keys()), name => textEdit(pool, name)) ?? { hint: `add \`backend.redis.${pool.value}.server = ..\`` },
    }
  }),
}

/** The pools there are, as the end of a sentence. */
export function definedPools({ pools }: Symbols, beside: Span): string {
  const names = [...pools.values()].slice(0, 8).map(({ name, span }) => `\`${name}\` (${lineBeside(span, beside)})`)
  return names.length === 0 ? 'no pool is' : `defined: ${names.join(', ')}${pools.size > 8 ? ', ..' : ''}`
}
