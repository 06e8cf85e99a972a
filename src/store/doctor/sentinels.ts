import type { Address, PoolSpec } from '../../plan/program.ts'
import { askServer, pairsOf } from './ask.ts'
import type { SentinelFacts } from './facts.ts'

interface View {
  readonly master: Address
  readonly fields: ReadonlyMap<string, string>
}

/**
 * Asks each sentinel that the rules name; where they differ the one with the newest configuration
 * counts. Rejects if none knows the master.
 */
export async function lookAtSentinels({ spec, folder }: { readonly spec: PoolSpec, readonly folder: string }, addresses: readonly Address[]): Promise<{ readonly master: Address, readonly facts: SentinelFacts }> {
  const looks = await Promise.all(addresses.map((address) => lookAtOne(spec, folder, address)))
  const views = looks.filter((look) => typeof look !== 'string')
  const silent = looks.filter((look) => typeof look === 'string')
  const [best] = views.toSorted((a, b) => numberIn(b, 'config-epoch') - numberIn(a, 'config-epoch'))
  if (best === undefined) throw new Error(`no sentinel says where the master is; ${silent.join('; ')}`)
  return {
    master: best.master,
    facts: {
      master: spec.sentinel ?? '',
      listed: addresses.length, silent,
      // itself is not among the others
      watching: numberIn(best, 'num-other-sentinels') + 1,
      quorum: numberIn(best, 'quorum'),
      replicas: numberIn(best, 'num-slaves'),
      downAfterMs: numberIn(best, 'down-after-milliseconds'),
    },
  }
}

async function lookAtOne(spec: PoolSpec, folder: string, address: Address): Promise<View | string> {
  const place = `${address.host}:${address.port}`
  const trouble = (error: unknown): string => `${place}: ${error instanceof Error ? error.message : String(error)}`
  try {
    // hookline has no password for sentinels (SPEC 1.1)
    const asked = await askServer({ ...spec, type: 'single', server: [address], database: 0, username: undefined, password: undefined }, folder)
    try {
      const [found, said] = [
        await asked.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', spec.sentinel ?? ''), await asked.ask('SENTINEL', 'MASTER', spec.sentinel ?? ''),
      ]
      if (!found.ok) return trouble(found.error)
      const [host, port] = found.texts
      if (host === undefined || port === undefined) return trouble(`it knows no master named "${spec.sentinel ?? ''}"`)
      return { master: { host, port: Number(port) }, fields: pairsOf(said) }
    } finally {
      await asked.end()
    }
  } catch (error) {
    return trouble(error)
  }
}

function numberIn({ fields }: View, name: string): number {
  const number = Number(fields.get(name))
  return Number.isFinite(number) ? number : 0
}
