import { createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Address } from '../plan/program.ts'
import { type Certificate, tlsDoor } from './certificate.ts'
import type { Limits } from './packet-check.ts'
import { webSocketDoor } from './web-socket.ts'

export interface ListenOptions {
  readonly address: Address
  /** Of the URL, if MQTT comes in WebSockets. */
  readonly path?: string | undefined
  /** Of pages that may open a WebSocket; absent: any. */
  readonly origins?: readonly string[] | undefined
  /** Absent: without TLS. */
  readonly certificate?: Certificate | undefined
  /** Connections at one time; absent: as many as the process may have. */
  readonly maxConnections?: number
  /** New connections in a second; absent: any. */
  readonly maxConnRate?: number
}

export interface ListenPorts {
  readonly limits: () => Limits
  /** Takes a connection whose next bytes are MQTT. */
  readonly accept: (conn: Duplex) => void
  /** A connection had not become a WebSocket in time. */
  readonly connectLate: () => void
  /** A TLS handshake failed; the reason, unless the client only went away. */
  readonly handshakeFailed: (problem: string | undefined) => void
  /** A connection beyond the limits was closed before a byte of it was read. */
  readonly turnedAway: () => void
}

export interface OpenListener {
  /** The real one. */
  readonly address: Address
  /** The certificate of connections that come from now on. */
  renew(certificate: Certificate): void
  /** Accepts no more. */
  close(): void
  /** Cuts what is left of its connections, whatever they were about to become. */
  cut(): void
}

/** Listens for MQTT; resolves with the real port. Fails with Node's error (`EADDRINUSE`, `EACCES`, …). */
export async function listen(options: ListenOptions, ports: ListenPorts): Promise<OpenListener> {
  const { address, path, origins, certificate } = options
  const { limits } = ports
  const accept = path === undefined ? ports.accept : webSocketDoor({ path, origins, limits, accept: ports.accept, late: ports.connectLate })
  const tls = certificate === undefined ? undefined
    : tlsDoor({ certificate, handshakeTimeoutMs: limits().idleTimeoutMs, accept, failed: ports.handshakeFailed })

  const sockets = new Set<Socket>()
  const isTooMany = rateLimit(options.maxConnRate ?? Infinity)
  const server = createServer({ noDelay: true }, (socket) => {
    if (isTooMany()) {
      socket.on('error', () => {})
      socket.destroy()
      ports.turnedAway()
      return
    }
    sockets.add(socket)
    socket.once('close', () => { sockets.delete(socket) })
    if (tls === undefined) accept(socket)
    else tls.take(socket)
  })
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections
  server.on('drop', ports.turnedAway)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const bound = server.address()
  return {
    address: { host: address.host, port: typeof bound === 'object' && bound !== null ? bound.port : address.port },
    renew: renewed => tls?.renew(renewed),
    close: () => { server.close() },
    cut: () => { for (const socket of sockets) socket.destroy() },
  }
}

/** Says of each event whether there were too many in its second. */
function rateLimit(most: number): () => boolean {
  let began = -Infinity
  let count = 0
  return () => {
    const now = performance.now()
    if (now - began >= 1_000) {
      began = now
      count = 0
    }
    count++
    return count > most
  }
}
