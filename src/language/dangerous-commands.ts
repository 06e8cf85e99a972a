/** What a command does to the whole Redis, by lower-case name, with the subcommand where only that does it (redis.io/commands). */
const DANGEROUS: ReadonlyMap<string, string> = new Map([
  ['flushall', 'deletes every key of every database'],
  ['flushdb', 'deletes every key of the database'],
  ['keys', 'goes through every key while Redis does nothing else'],
  ['swapdb', 'puts one database in the place of another'],
  ['save', 'writes everything to disk while Redis does nothing else'],
  ['bgsave', 'copies everything to disk'],
  ['bgrewriteaof', 'copies everything to disk'],
  ['debug', 'can halt or crash Redis'],
  ['shutdown', 'ends Redis'],
  ['migrate', 'sends keys to another server while Redis does nothing else'],
  ...['replicaof', 'slaveof'].map(name => [name, 'makes Redis a copy of another server'] as const),
  ['failover', 'makes another server the master'],
  ...subcommands('config', 'changes the configuration of Redis', 'set', 'rewrite', 'resetstat'),
  ...subcommands('module', 'loads or removes code of Redis', 'load', 'loadex', 'unload'),
  ...subcommands('acl', 'changes who may do what in Redis', 'setuser', 'deluser', 'load', 'save'),
  ...subcommands('client', 'stops other connections', 'kill', 'pause'),
  ...subcommands('script', 'takes away scripts of others', 'flush', 'kill'),
  ...subcommands('function', 'takes away functions of others', 'flush', 'kill', 'delete', 'restore'),
  ...subcommands('cluster', 'changes the cluster', 'addslots', 'addslotsrange', 'bumpepoch', 'delslots', 'delslotsrange', 'failover', 'flushslots',
    'forget', 'meet', 'replicate', 'reset', 'saveconfig', 'set-config-epoch', 'setslot'),
])

/** What makes a command dangerous, to follow its name; undefined if it is not, or cannot be known. */
export function danger(name: string, args: readonly (string | undefined)[]): string | undefined {
  return DANGEROUS.get(name) ?? DANGEROUS.get(`${name} ${args[0]?.toLowerCase()}`)
}

/** One of the subcommands is dangerous. */
export function hasDangerousSubcommand(name: string): boolean {
  return [...DANGEROUS.keys()].some(key => key.startsWith(`${name} `))
}

function subcommands(name: string, does: string, ...names: readonly string[]): readonly (readonly [string, string])[] {
  return names.map(subcommand => [`${name} ${subcommand}`, does])
}
