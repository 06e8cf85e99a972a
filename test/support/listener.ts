import type { Duplex } from 'node:stream'
import { listen, type Listening } from '../../src/broker/listeners.ts'
import type { Listener } from '../../src/language/settings.ts'

export const ANY_PORT = { host: '127.0.0.1', port: 0 }

export const TCP: Listener = {
  kind: 'tcp', name: 'external', address: ANY_PORT, path: '/mqtt', tls: undefined, maxConnections: 1_000, maxConnRate: 100_000, at: undefined,
}

/** A TCP listener on a free port. */
export async function listenLocal(accept: (conn: Duplex) => void): Promise<Listening> {
  return await listen(TCP, {
    address: ANY_PORT, certificates: undefined, accept, refused() {},
    limits: () => ({ maxPacketSize: 1_048_576, idleTimeoutMs: 15_000 }),
  })
}
