const BLOCKS = 'waits, and every other rule of the pool with it'
const CHANGES = 'changes the state of the connection that all rules of the pool share'

/** Commands that cannot travel on a shared connection, by lower-case name (redis.io/commands). */
const UNFIT: ReadonlyMap<string, string> = new Map([
  ...['blpop', 'brpop', 'brpoplpush', 'blmove', 'blmpop', 'bzpopmin', 'bzpopmax', 'bzmpop', 'wait', 'waitaof']
    .map((name) => [name, BLOCKS] as const),
  ...['auth', 'hello', 'select', 'multi', 'exec', 'discard', 'watch', 'unwatch', 'monitor', 'quit', 'reset', 'client',
    'subscribe', 'psubscribe', 'ssubscribe', 'unsubscribe', 'punsubscribe', 'sunsubscribe',
    'readonly', 'readwrite', 'asking', 'sync', 'psync', 'replconf']
    .map((name) => [name, CHANGES] as const),
])

/** Why a rule's command cannot be sent, as a clause; undefined if it can. */
export function unfitCommand(name: string, args: readonly (string | Buffer)[]): string | undefined {
  const reason = UNFIT.get(name)
    ?? ((name === 'xread' || name === 'xreadgroup') && args.some((arg) => arg.toString().toLowerCase() === 'block') ? BLOCKS : undefined)
  return reason === undefined ? undefined : `${name} ${reason}`
}
