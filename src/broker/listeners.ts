import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls'
import type { Listener, Settings } from '../language/settings.ts'
import type { Address } from '../plan/program.ts'
import { acceptWebSockets } from './websocket.ts'

/** What a TLS listener shows and asks for, as PEM. */
export interface Certificates {
  readonly cert: Buffer
  readonly key: Buffer
  /** Clients must show a certificate that one of these has signed; absent: they need none. */
  readonly ca: Buffer | undefined
}

export interface ListenOptions {
  readonly address: Address
  /** For the kinds with TLS. */
  readonly certificates: Certificates | undefined
  /** Asked for whenever they matter: a reload may change them. */
  readonly limits: () => Pick<Settings, 'maxPacketSize' | 'idleTimeoutMs'>
  readonly accept: (conn: Duplex) => void
  /** A connection was turned away at the door. */
  readonly refused: () => void
}

/** A listener that is bound. */
export interface Listening {
  readonly listener: Listener
  /** The real one: a port of 0 is replaced. */
  readonly address: Address
  /** Connections that come from now on see these; fails with Node's error if they are none. */
  renew(certificates: Certificates): void
  /** Takes no more connections. */
  close(): void
}

/** Room in a WebSocket message for more than one packet of the largest size. */
const MORE_PACKETS_BYTES = 65_536
const RATE_WINDOW_MS = 1_000
/** How often HTTP requests that never become whole are looked for. Milliseconds. */
const CHECK_MS = 1_000

/** Binds a listener of any kind. Fails with Node's error (`EADDRINUSE`, `EACCES`, …, or of OpenSSL). */
export async function listen(listener: Listener, options: ListenOptions): Promise<Listening> {
  const { address } = options
  const server = KINDS[listener.kind](listener, options)
  limitConnections(server, listener, options.refused)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const bound = server.address()
  return {
    listener,
    address: { host: address.host, port: typeof bound === 'object' && bound !== null ? bound.port : address.port },
    renew: ({ cert, key, ca }) => { if (server instanceof TlsServer) server.setSecureContext({ cert, key, ca }) },
    close: () => { server.close() },
  }
}

/** How each kind makes a server of accepted connections. */
const KINDS: Readonly<Record<Listener['kind'], (listener: Listener, options: ListenOptions) => Server>> = {
  tcp: (_listener, { accept }) => createTcpServer({ noDelay: true }, accept),
  ssl: (_listener, options) => createTlsServer({ noDelay: true, ...secure(options) }, options.accept),
  ws(listener, options) {
    const server = createHttpServer(timeouts(options))
    acceptWebSockets(server, webSocketOptions(listener, options))
    return server
  },
  wss(listener, options) {
    const server = createHttpsServer({ ...timeouts(options), ...secure(options) })
    acceptWebSockets(server, webSocketOptions(listener, options))
    return server
  },
}

function secure({ certificates, limits }: ListenOptions) {
  if (certificates === undefined) throw new Error('a TLS listener has no certificates')
  const { cert, key, ca } = certificates
  return { cert, key, ca, requestCert: ca !== undefined, rejectUnauthorized: ca !== undefined, handshakeTimeout: limits().idleTimeoutMs }
}

/** Who connects has as long for the HTTP request as for CONNECT. */
function timeouts({ limits }: ListenOptions) {
  const { idleTimeoutMs } = limits()
  return { noDelay: true, headersTimeout: idleTimeoutMs, requestTimeout: idleTimeoutMs, connectionsCheckingInterval: CHECK_MS }
}

function webSocketOptions({ path }: Listener, { accept, limits }: ListenOptions) {
  return { path, accept, maxMessageBytes: () => limits().maxPacketSize + MORE_PACKETS_BYTES }
}

/** `max_connections` and `max_conn_rate`: those beyond are closed before a byte of them is read. */
function limitConnections(server: Server, { maxConnections, maxConnRate }: Listener, refused: () => void): void {
  server.maxConnections = maxConnections
  server.on('drop', refused)
  let windowStart = 0
  let came = 0
  // before TLS or HTTP begin with it
  server.prependListener('connection', (socket: Socket) => {
    const now = performance.now()
    if (now - windowStart >= RATE_WINDOW_MS) {
      windowStart = now
      came = 0
    }
    came++
    if (came <= maxConnRate) return
    refused()
    socket.on('error', () => {})
    socket.destroy()
  })
}
