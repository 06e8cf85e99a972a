import { keys } from '../../actions/keys.ts'
import { ask, CallFailed, command, scriptCall, textOf } from './ask.ts'
import { DONE, type EffectOf, type Entry, type Result } from './effect-of.ts'
import type { Nodes } from './nodes.ts'
import { CLUSTER_SCRIPTS } from './scripts.ts'

/**
 * on_client_connected, on_client_disconnected: the hash of the client and that of the node lie in two
 * slots. Who comes online is listed first, so that whoever stops in between leaves nobody online who
 * is not listed; a listing of no use is taken out at the next start. The effects of one client keep
 * their order.
 */
export async function notePresence(nodes: Nodes, entries: readonly Entry<'online' | 'offline'>[]): Promise<readonly Result[]> {
  const results = Array<Result>(entries.length).fill(DONE)
  const clients = new Map<string, number[]>()
  for (const [place, { effect }] of entries.entries()) clients.set(effect.clientid, [...clients.get(effect.clientid) ?? [], place])
  await Promise.all([...clients.values()].map(async (places) => {
    let held: Result | undefined
    for (const place of places) {
      const effect = entries[place]?.effect
      if (effect === undefined) continue
      const result: Result = held ?? await note(nodes, effect)
      results[place] = result
      if (!result.ok && result.failure.kind !== 'lasting') held = result
    }
  }))
  return results
}

async function note(nodes: Nodes, effect: EffectOf<'online' | 'offline'>): Promise<Result> {
  try {
    return effect.kind === 'online' ? await online(nodes, effect) : await offline(nodes, effect)
  } catch (error) {
    if (error instanceof CallFailed) return { ok: false, failure: error.failure }
    throw error
  }
}

async function online(nodes: Nodes, { clientid, node, now, lastFence }: EffectOf<'online'>): Promise<Result> {
  const [client, list] = [keys.client(clientid), keys.node(node)]
  // what the fence will be, unless another node was here within the second
  const guess = String(Math.max(now, lastFence))
  await ask(nodes, list, command('hset', list, clientid, guess))
  const fence = textOf(await ask(nodes, client, scriptCall(CLUSTER_SCRIPTS.online, [client], [String(now), String(lastFence)]))) ?? guess
  if (fence !== guess) await ask(nodes, list, command('hset', list, clientid, fence))
  return { ok: true, words: fence }
}

async function offline(nodes: Nodes, { clientid, node, now, fence }: EffectOf<'offline'>): Promise<Result> {
  const [client, list] = [keys.client(clientid), keys.node(node)]
  await ask(nodes, client, scriptCall(CLUSTER_SCRIPTS.offline, [client], [String(fence), String(now)]))
  await ask(nodes, list, scriptCall(CLUSTER_SCRIPTS.unlist, [list], [clientid, String(fence)]))
  return DONE
}
