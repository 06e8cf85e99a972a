import { createServer, type TLSSocket } from 'node:tls'
import type { Socket } from 'node:net'

/** What a TLS listener shows, and whom it believes: texts in PEM. */
export interface Certificate {
  /** Its own, behind it those that lead to a root. */
  readonly cert: string
  readonly key: string
  /** Those that sign clients' certificates; absent: clients need none. */
  readonly ca: string | undefined
}

export interface TlsDoor {
  /** Takes a new network connection. */
  take(socket: Socket): void
  /** Shown to connections that come from now on; throws for one that OpenSSL does not take. */
  renew(certificate: Certificate): void
}

/**
 * TLS on network connections: hands on those whose handshake succeeded. With a `ca` a client must
 * show a certificate that it vouches for.
 */
export function tlsDoor(options: {
  readonly certificate: Certificate
  /** Milliseconds that a handshake may take. */
  readonly handshakeTimeoutMs: number
  readonly accept: (socket: TLSSocket) => void
  /** Why a handshake failed, in OpenSSL's words; nothing for a connection that only went away. */
  readonly failed: (problem: string | undefined) => void
}): TlsDoor {
  const { certificate, accept, failed } = options
  const askForOne = certificate.ca !== undefined
  const server = createServer({
    ...certificate, requestCert: askForOne, rejectUnauthorized: askForOne, handshakeTimeout: options.handshakeTimeoutMs,
  }, accept)
  server.on('tlsClientError', (error, socket) => {
    failed(problemOf(error, socket))
    socket.destroy()
  })
  return {
    take: socket => { server.emit('connection', socket) },
    renew: renewed => { server.setSecureContext({ ...renewed }) },
  }
}

function problemOf(error: Error, { authorizationError }: TLSSocket): string | undefined {
  // of a certificate that nobody vouches for: a code such as CERT_HAS_EXPIRED; Node declares an Error
  if (typeof authorizationError === 'string') return authorizationError
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined
}
