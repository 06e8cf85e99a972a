import type { Address } from '../../plan/program.ts'
import type { Answer, Call } from '../connection.ts'
import { SLOTS } from './slot.ts'

/** Which master serves what, as one node of a cluster sees it. */
export interface Topology {
  /** By node id. */
  readonly masters: ReadonlyMap<string, Address>
  /** By slot: the node id of its master. Empty where none serves it. */
  readonly owners: readonly (string | undefined)[]
  /** Of all nodes, replicas too. */
  readonly addresses: readonly Address[]
  /** Grows with every failover and every slot that changes hands: of two views the higher one is newer. */
  readonly epoch: number
}

/** What to ask a node for its view (redis.io/commands/cluster-info, cluster-slots). */
export const VIEW_CALLS: readonly Call[] = [
  { name: 'cluster', args: ['info'], binary: false }, { name: 'cluster', args: ['slots'], binary: false },
]

/** A node's view; or why it is of no use, as a clause. `asked`: where the node was reached. */
export function readView(asked: Address, [info, slots]: readonly Answer[]): Topology | { readonly clause: string, readonly final: boolean } {
  for (const answer of [info, slots]) {
    if (answer?.ok !== true) return refusal(answer)
  }
  const value = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(textOf(info))?.[1] ?? ''
  if (value('cluster_state') !== 'ok') return { clause: 'CLUSTERDOWN the cluster is down', final: false }
  const topology = readSlots(asked, slots?.ok === true ? slots.reply : undefined, Number(value('cluster_current_epoch')))
  const served = topology.owners.filter((owner) => owner !== undefined).length
  return served === SLOTS ? topology : { clause: `only ${served} of the ${SLOTS} slots of the cluster are served`, final: false }
}

function refusal(answer: Answer | undefined): { clause: string, final: boolean } {
  if (answer?.ok !== false) return { clause: 'no answer', final: false }
  const { kind, message } = answer.failure
  if (message.includes('cluster support disabled')) return { clause: 'it is no cluster; write `type = single`', final: true }
  return { clause: message, final: kind === 'lasting' }
}

/** A list of ranges: first slot, last slot, the master, its replicas; a node is its host, port and id. */
function readSlots(asked: Address, reply: unknown, epoch: number): Topology {
  const masters = new Map<string, Address>()
  const owners = Array<string | undefined>(SLOTS)
  const addresses: Address[] = []
  for (const [first, last, ...nodes] of lists(reply)) {
    const [master] = lists(nodes)
    for (const node of lists(nodes)) {
      const address = addressOf(node, asked)
      if (address !== undefined) addresses.push(address)
    }
    const [address, id] = [master && addressOf(master, asked), String(master?.[2])]
    if (address === undefined) continue
    masters.set(id, address)
    owners.fill(id, Number(first), Number(last) + 1)
  }
  return { masters, owners, addresses, epoch }
}

/** A node that does not know its own address says nothing: it is where it was asked. One of unknown address says `?`. */
function addressOf([host, port]: readonly unknown[], asked: Address): Address | undefined {
  if (host === '?') return undefined
  return { host: typeof host === 'string' && host !== '' ? host : asked.host, port: Number(port) }
}

function lists(value: unknown): unknown[][] {
  return Array.isArray(value) ? value.filter((element): element is unknown[] => Array.isArray(element)) : []
}

function textOf(answer: Answer | undefined): string {
  return answer?.ok === true ? String(answer.reply) : ''
}
