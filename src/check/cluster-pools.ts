import { once } from './once.ts'
import type { PoolSymbol, RuleSymbol, Symbols } from './symbols.ts'

/** The pools that are Redis Clusters. */
export function clusterPools({ pools }: Symbols): readonly PoolSymbol[] {
  return [...pools.values()].filter(isCluster)
}

/** The rules whose pool is a cluster. */
export const rulesOnClusters = once((symbols: Symbols): readonly RuleSymbol[] => {
  const names = new Set(clusterPools(symbols).map(({ name }) => name))
  return names.size === 0 ? [] : symbols.rules.filter(({ pool }) => pool !== undefined && names.has(pool.value))
})

function isCluster({ options }: PoolSymbol): boolean {
  return options.get('type')?.value.text === 'cluster'
}
