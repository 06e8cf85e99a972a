import type { ServerFacts } from './facts.ts'

/** What a server said of itself. */
export interface ServerAnswers {
  readonly place: string
  /** The text of INFO; empty if it may not be asked. */
  readonly info: string
  /** Of CONFIG GET, by name; a name that is not there was not told. */
  readonly config: ReadonlyMap<string, string>
  readonly clockOffsetMs: number | undefined
  readonly denied: ServerFacts['denied']
  readonly deniedChannels: readonly string[] | undefined
  readonly unknownCommands: ServerFacts['unknownCommands']
}

/** The parameters that are asked for. Never all: some are secrets. */
export const CONFIG_NAMES = ['appendfsync', 'no-appendfsync-on-rewrite', 'save', 'min-replicas-to-write'] as const

/** Reads what a server said (redis.io/commands/info names the fields). */
export function serverFacts({ place, info, config, clockOffsetMs, denied, deniedChannels, unknownCommands }: ServerAnswers): ServerFacts {
  const fields = infoFields(info)
  const valkey = fields.get('valkey_version')
  return {
    place, clockOffsetMs, denied, deniedChannels, unknownCommands,
    product: valkey === undefined ? 'Redis' : 'Valkey',
    version: valkey ?? fields.get('redis_version'),
    role: named(ROLES, fields.get('role')),
    loading: flag(fields.get('loading')),
    appendOnly: flag(fields.get('aof_enabled')),
    fsync: named(FSYNCS, config.get('appendfsync')),
    fsyncDuringRewrite: named(NO_FSYNC, config.get('no-appendfsync-on-rewrite')),
    snapshots: config.get('save'),
    lastAppendOk: named(STATUSES, fields.get('aof_last_write_status')),
    lastSnapshotOk: named(STATUSES, fields.get('rdb_last_bgsave_status')),
    maxMemory: number(fields.get('maxmemory')),
    usedMemory: number(fields.get('used_memory')),
    policy: fields.get('maxmemory_policy'),
    replicas: info === '' ? undefined : [...fields].filter(([name, text]) => /^slave\d+$/.test(name) && text.includes('state=online')).length,
    minReplicas: number(config.get('min-replicas-to-write')),
  }
}

const ROLES = { master: 'master', slave: 'replica' } as const
const FSYNCS = { always: 'always', everysec: 'everysec', no: 'no' } as const
const NO_FSYNC = { yes: false, no: true } as const
const STATUSES = { ok: true, err: false } as const

function named<T>(table: Readonly<Record<string, T>>, text: string | undefined): T | undefined {
  return text === undefined ? undefined : table[text]
}

function flag(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === '1'
}

function number(text: string | undefined): number | undefined {
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text)
}

/** The fields of INFO, and of CLUSTER INFO. */
export function infoFields(info: string): ReadonlyMap<string, string> {
  return new Map([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', text = '']) => [name, text]))
}
