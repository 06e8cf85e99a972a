import { lineBeside } from '../check/check.ts'
import { hasReferences } from '../check/fill-in.ts'
import type { PoolSymbol, Symbols } from '../check/symbols.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { POOL_OPTIONS } from '../language/pool-options.ts'
import { scalarText } from '../syntax/print.ts'

/** Which Redis a pool is, in a clause, for a line at the place. */
export function poolWords({ pools }: Symbols, name: string, beside: Span): string {
  const pool = pools.get(name)
  if (pool === undefined) return `\`${name}\`, which is not defined here`
  return `\`${name}\`${redisOf(pool)} (${lineBeside((pool.options.get('server')?.key ?? pool).span, beside)})`
}

function redisOf({ options }: PoolSymbol): string {
  const server = options.get('server')?.value
  if (server === undefined) return ', which has no server'
  // what is no address may hold a password
  const addresses = hasReferences(server) ? scalarText(server) : POOL_OPTIONS.server.value.read(server.text)
  if (addresses === undefined) return ''
  if (addresses === 'embedded') return ', the embedded store'
  const text = typeof addresses === 'string' ? addresses : POOL_OPTIONS.server.value.write(addresses)
  const sentinel = options.get('sentinel')?.value
  const type = options.get('type')?.value.text ?? (sentinel === undefined ? 'single' : 'sentinel')
  if (type === 'cluster') return `, the cluster at ${text}`
  if (type === 'sentinel') return `, what the sentinels at ${text} call \`${sentinel === undefined ? '?' : scalarText(sentinel)}\``
  return `, the Redis at ${text}`
}
