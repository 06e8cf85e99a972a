import type { Answer } from '../connection.ts'
import { planReads, type Read, type ReadCall } from '../reads.ts'
import { CallFailed } from './ask.ts'
import type { Nodes } from './nodes.ts'
import { readPage } from './read-log.ts'
import { readLatest, readMessage } from './read-records.ts'
import { readRetained } from './read-retained.ts'
import { readChangedTopics } from './read-topics.ts'

/** A read that takes several calls, of which the later ones need what the earlier ones have brought. */
export interface ClusterRead extends ReadCall {
  /** Asks; what came is told by `give`. Never rejects for what a cluster does. */
  carryOut(nodes: Nodes): Promise<Answer>
}

/** Reads in the same place as those of one server, each by itself. */
export function planClusterReads(reads: readonly Read[]): ClusterRead[] {
  return reads.flatMap((read) => {
    switch (read.kind) {
      case 'page': return clusterRead(read, (nodes) => readPage(nodes, read.request), (found) => { read.request.done(found) })
      case 'retained': return clusterRead(read, (nodes) => readRetained(nodes, read.request), (found) => { read.request.done(found) })
      case 'changed-topics': return clusterRead(read, (nodes) => readChangedTopics(nodes, read.request), (found) => { read.request.done(found) })
      case 'bodies': return clusterRead(read, (nodes) => Promise.all(read.msgids.map((msgid) => readMessage(nodes, msgid))), read.done)
      case 'latest': return clusterRead(read, (nodes) => readLatest(nodes, read.topic), read.done)
      // one call of one key, as on one server
      case 'subscriptions':
      case 'present':
      case 'topics': return planReads([read]).map((call) => ({ ...call, carryOut: (nodes: Nodes) => nodes.send(call.args[0], call) }))
      default: return read satisfies never
    }
  })
}

function clusterRead<T>(read: Read, ask: (nodes: Nodes) => Promise<T>, tell: (found: T) => void): ClusterRead {
  let give = (): readonly Read[] => []
  return {
    name: read.kind, args: [], binary: true, reads: [read],
    async carryOut(nodes) {
      try {
        const found = await ask(nodes)
        give = () => {
          tell(found)
          return []
        }
        return { ok: true, reply: undefined }
      } catch (error) {
        if (error instanceof CallFailed) return { ok: false, failure: error.failure }
        throw error
      }
    },
    give: () => give(),
  }
}
