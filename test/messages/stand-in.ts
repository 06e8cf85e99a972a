import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import type { Status } from '../../src/server/status.ts'
import type { Stage } from './stage.ts'

/** Something that is registered as a broker and answers so. */
export function standIn(answer: RequestListener): (stage: Stage) => Promise<void> {
  return async (stage) => {
    mkdirSync(join(stage.folder, 'run/hookline'), { mode: 0o700 })
    const server = createServer(answer).listen(join(stage.folder, 'run/hookline/broker-1-x.sock'))
    await once(server, 'listening')
    stage.add(() => { server.close(); server.closeAllConnections() })
  }
}

/** Of a broker that does nothing, and is of another version. */
export const STATUS: Status = {
  version: '0.0.1', pid: 1, node: 'n1', startedAt: '2026-01-01T00:00:00.000Z', uptimeSeconds: 3, folder: '/', files: ['/rules.conf'], generation: 1, hash: 'x',
  lastReload: null, listeners: [], connections: 0, sessions: { all: 0, persistent: 0, connected: 0 }, memory: { rssBytes: 1_000_000 }, eventLoop: { longestStallMs: 0, p99StallMs: 0 }, embedded: null,
  pools: [], rules: [], functions: [], counters: {}, closures: [],
}

/** Says what it is, and nothing else. */
export const ENDS: RequestListener = (request, response) => {
  if (request.url === '/status') response.end(JSON.stringify(STATUS))
  else request.socket.destroy()
}
