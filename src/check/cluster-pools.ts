import type { PoolSymbol, RuleSymbol, Symbols } from './symbols.ts'

/** The pools that are Redis Clusters. */
export function clusterPools({ pools }: Symbols): readonly PoolSymbol[] {
  return [...pools.values()].filter(isCluster)
}

/** The rules whose pool is a cluster. */
export function rulesOnClusters({ pools, rules }: Symbols): readonly RuleSymbol[] {
  return rules.filter(({ pool }) => {
    const symbol = pool === undefined ? undefined : pools.get(pool.value)
    return symbol !== undefined && isCluster(symbol)
  })
}

function isCluster({ options }: PoolSymbol): boolean {
  return options.get('type')?.value.text === 'cluster'
}
