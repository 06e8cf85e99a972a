import type { Address, PoolSpec } from '../../plan/program.ts'
import { askServer } from './ask.ts'
import type { ClusterFacts } from './facts.ts'
import { infoFields } from './server-facts.ts'

/** Asks the first node that answers who the masters are. Rejects if none does, or it is no cluster. */
export async function lookAtCluster({ spec, folder }: { readonly spec: PoolSpec, readonly folder: string }, addresses: readonly Address[]): Promise<{ readonly masters: readonly Address[], readonly facts: ClusterFacts }> {
  const troubles: string[] = []
  for (const address of addresses) {
    try {
      return await lookAtOne(spec, folder, address)
    } catch (error) {
      troubles.push(`${address.host}:${address.port}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error(`no node of the cluster answers; ${troubles.join('; ')}`)
}

async function lookAtOne(spec: PoolSpec, folder: string, address: Address) {
  const asked = await askServer({ ...spec, type: 'single', server: [address], database: 0 }, folder)
  try {
    const [info, list] = [await asked.ask('CLUSTER', 'INFO'), await asked.ask('CLUSTER', 'NODES')]
    if (!info.ok) throw new Error(info.error)
    if (!list.ok) throw new Error(list.error)
    const fields = infoFields(info.texts.join(''))
    const masters = mastersIn(list.texts.join(''), address)
    return {
      masters: masters.filter(({ gone }) => !gone).map(({ address: place }) => place),
      facts: {
        state: fields.get('cluster_state') ?? 'unknown', slotsAssigned: Number(fields.get('cluster_slots_assigned') ?? 0), masters: masters.length,
        silent: masters.filter(({ gone }) => gone).map(({ address: { host, port } }) => `${host}:${port}: the other nodes say so`),
      },
    }
  } finally {
    await asked.end()
  }
}

/** Masters that have slots (redis.io/commands/cluster-nodes): id, ip:port@cport[,hostname], flags, .., slots. */
function mastersIn(list: string, self: Address): readonly { readonly address: Address, readonly gone: boolean }[] {
  return list.split('\n').flatMap((line) => {
    const [, place = '', flags = '', , , , , , ...slots] = line.trim().split(' ')
    const words = flags.split(',')
    // slots on their way to another node are in brackets
    if (!words.includes('master') || !slots.some((slot) => !slot.startsWith('['))) return []
    const [, host = '', port = ''] = /^(.*):(\d+)(?:@|$)/.exec(place.split(',')[0] ?? '') ?? []
    // a node that knows no address of its own is the one that was asked
    return [{ address: host === '' ? self : { host, port: Number(port) }, gone: words.includes('fail') }]
  })
}
