/** Why a call has no good answer. */
export interface Failure {
  /**
   * `lasting`: Redis will never do this. `refused`: it was certainly not applied, Redis cannot now.
   * `unknown`: the connection was lost; it may have been applied.
   */
  readonly kind: 'lasting' | 'refused' | 'unknown'
  /** A plain clause, without values. */
  readonly message: string
}

/** Codes of errors that concern the server and pass (redis.io/docs/reference/protocol-spec, redis/src/server.c). */
const PASSING: ReadonlySet<string> = new Set([
  'LOADING', 'BUSY', 'READONLY', 'OOM', 'MISCONF', 'NOREPLICAS', 'CLUSTERDOWN', 'MASTERDOWN', 'TRYAGAIN',
  'NOAUTH', 'WRONGPASS', 'NOSCRIPT',
])

/** Sorts what ioredis gives for a call. `command` is its name, the one quoted word that may be shown. */
export function failureOf(error: Error, command: string): Failure {
  if (error.name === 'ReplyError') {
    const words = plainWords(error.message, command)
    return { kind: PASSING.has(words.split(' ', 1)[0] ?? '') ? 'refused' : 'lasting', message: words }
  }
  // ioredis's own words for a command that it did not even write
  if (error.message.startsWith("Stream isn't writeable")) return { kind: 'refused', message: 'not connected' }
  return { kind: 'unknown', message: connectionClause(error) }
}

/** Why there is no connection, as a clause. */
export function connectionClause(error: Error): string {
  if (error.name === 'ReplyError') return plainWords(error.message, '')
  const code = codeOf(error)
  // ioredis's own words; how long it has waited is among them
  if (error.message.startsWith('Socket timeout.')) return 'no answer'
  return TLS_CLAUSES[code] ?? CLAUSES[code] ?? CLAUSES[error.message] ?? (error.name === 'MaxRetriesPerRequestError' ? 'connection lost' : error.message)
}

/**
 * It will be the same tomorrow, unless somebody changes something: a refused password, which is a
 * reply, or a certificate. All else may just be early.
 */
export function isFinal(error: Error): boolean {
  return error.name === 'ReplyError' || TLS_CLAUSES[codeOf(error)] !== undefined
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Of Node's TLS (nodejs.org/api/tls.html, "X509 certificate error codes") and of OpenSSL's alerts. */
const TLS_CLAUSES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; name it as `cafile`, or trust any with `verify = off`',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody that is trusted has signed its certificate; name who has as `cafile`, or trust any with `verify = off`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody that is trusted has signed its certificate; name who has as `cafile`, or trust any with `verify = off`',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'nobody that is trusted has signed its certificate; name who has as `cafile`, or trust any with `verify = off`',
  UNABLE_TO_GET_ISSUER_CERT: 'nobody that is trusted has signed its certificate; name who has as `cafile`, or trust any with `verify = off`',
  CERT_SIGNATURE_FAILURE: 'its certificate is not signed by the one that `cafile` names',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate has another name than the address; write the one it has as `servername`',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; write `ssl = off`, or its port for TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS; write `ssl = off`, or its port for TLS',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it asks for a certificate of ours; name it as `certfile`, and its key as `keyfile`',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not trust our `certfile`',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'it refuses our TLS; it may ask for a certificate of ours, `certfile` and `keyfile`',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks other versions of TLS only',
}

const CLAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection lost',
  EPIPE: 'connection lost',
  ENOTFOUND: 'no such host is known',
  EAI_AGAIN: 'the name of the host could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
  ENOENT: 'there is no such socket',
  EACCES: 'this user may not use the socket',
  ETIMEDOUT: 'no answer',
  'Command timed out': 'no answer',
  'Connection is closed.': 'connection lost',
}

/** Longer texts can only be those of a rule's own script. */
const MAX_WORDS = 200

/**
 * Redis's words without what a client sent. Redis quotes keys and arguments in some of its errors; of
 * those only the command's own name is left, and what it says of itself.
 */
export function plainWords(message: string, command: string): string {
  return message
    // Redis 6.2 wraps the errors of scripts: "ERR Error running script (call to f_..): @user_script:1: -OOM .."
    .replace(/^ERR Error running script [^:]*: /, '')
    .replace(/^(?:@user_script: ?\d+: ?)+/, '')
    .replace(/^-/, '')
    .replace(/, with args beginning with.*$/s, '')
    // Valkey 9 leaves the script out
    .replace(/ script: (?:[0-9a-f]{40}, )?on @user_script.*$/s, '')
    .replace(/(['"`])(.*?)\1/gs, (quoted, _, inner: string) =>
      inner.toLowerCase() === command || inner === 'maxmemory' ? quoted : "'…'")
    // oxlint-disable-next-line no-control-regex -- that is what is to be removed
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .slice(0, MAX_WORDS)
}
