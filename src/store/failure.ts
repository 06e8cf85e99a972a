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
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return CLAUSES[code] ?? CLAUSES[error.message] ?? (error.name === 'MaxRetriesPerRequestError' ? 'connection lost' : error.message)
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
    .replace(/ script: [0-9a-f]{40}, on @user_script.*$/s, '')
    .replace(/(['"`])(.*?)\1/gs, (quoted, _, inner: string) =>
      inner.toLowerCase() === command || inner === 'maxmemory' ? quoted : "'…'")
    // oxlint-disable-next-line no-control-regex -- that is what is to be removed
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .slice(0, MAX_WORDS)
}
