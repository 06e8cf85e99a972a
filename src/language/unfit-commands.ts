/** Why a command cannot travel on a connection that many rules share (redis.io/commands). */
export type Unfit = Blocking | Stateful

export interface Blocking {
  readonly kind: 'blocks'
  /** The command that does not wait, in capitals. */
  readonly instead?: string
  /** Which of its arguments is the time to wait. */
  readonly timeout?: 'first' | 'last'
  /** Arguments that the other command has after the same keys. */
  readonly more?: readonly string[]
}

export interface Stateful {
  readonly kind: 'state'
  /** Commands of one kind are one mistake. */
  readonly group: 'transaction' | 'subscription' | 'database' | 'login' | 'other'
}

/** By lower-case name, with the subcommand where only that is unfit. */
const UNFIT: ReadonlyMap<string, Unfit> = new Map<string, Unfit>([
  ['blpop', { kind: 'blocks', instead: 'LPOP', timeout: 'last' }],
  ['brpop', { kind: 'blocks', instead: 'RPOP', timeout: 'last' }],
  ['brpoplpush', { kind: 'blocks', instead: 'LMOVE', timeout: 'last', more: ['RIGHT', 'LEFT'] }],
  ['blmove', { kind: 'blocks', instead: 'LMOVE', timeout: 'last' }],
  ['blmovem', { kind: 'blocks' }],
  ['blmpop', { kind: 'blocks', instead: 'LMPOP', timeout: 'first' }],
  ['bzpopmin', { kind: 'blocks', instead: 'ZPOPMIN', timeout: 'last' }],
  ['bzpopmax', { kind: 'blocks', instead: 'ZPOPMAX', timeout: 'last' }],
  ['bzmpop', { kind: 'blocks', instead: 'ZMPOP', timeout: 'first' }],
  ['wait', { kind: 'blocks' }],
  ['waitaof', { kind: 'blocks' }],
  ...stateful('transaction', 'multi', 'exec', 'discard', 'watch', 'unwatch'),
  ...stateful('subscription', 'subscribe', 'psubscribe', 'ssubscribe', 'unsubscribe', 'punsubscribe', 'sunsubscribe', 'monitor'),
  ...stateful('database', 'select'),
  ...stateful('login', 'auth', 'hello'),
  ...stateful('other', 'quit', 'reset', 'readonly', 'readwrite', 'asking', 'sync', 'psync', 'replconf', 'script debug'),
  ...stateful('other', ...['caching', 'capa', 'import-source', 'no-evict', 'no-touch', 'reply', 'setinfo', 'setname', 'tracking'].map(name => `client ${name}`)),
])

/** Why the command is unfit, if it is; an argument that is not known makes it no such. */
export function unfitness(name: string, args: readonly (string | undefined)[]): Unfit | undefined {
  if ((name === 'xread' || name === 'xreadgroup') && blockOption(name, args) !== undefined) return { kind: 'blocks', instead: name.toUpperCase() }
  return UNFIT.get(name) ?? UNFIT.get(`${name} ${args[0]?.toLowerCase()}`)
}

/** One of the subcommands is unfit. */
export function hasUnfitSubcommand(name: string): boolean {
  return [...UNFIT.keys()].some(key => key.startsWith(`${name} `))
}

/** Where BLOCK stands among the arguments of XREAD or XREADGROUP: before STREAMS, and not as the name of a group or consumer. */
export function blockOption(name: 'xread' | 'xreadgroup', args: readonly (string | undefined)[]): number | undefined {
  for (let i = name === 'xread' ? 0 : 3; i < args.length; i += 1) {
    const word = args[i]?.toLowerCase()
    if (word === 'block') return i
    if (word === 'streams') return undefined
  }
  return undefined
}

function stateful(group: Stateful['group'], ...names: readonly string[]): readonly (readonly [string, Stateful])[] {
  return names.map(name => [name, { kind: 'state', group }])
}
