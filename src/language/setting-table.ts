import { POOL_OPTIONS, type PoolOptionName } from './pool-options.ts'
import type { Unbuilt } from './unbuilt.ts'
import { anyText, duration, limitUpTo, listenAddress, oneWord, onOrOff, origins, size, urlPath, wholeNumber, type ValueKind } from './values.ts'

/** A row of the table: a setting that is not a pool's. */
export interface SettingRow<T> {
  readonly value: ValueKind<T>
  /** Where no line sets it. */
  readonly default: T | undefined
  readonly summary: string
  /** What else is to be known of it, in sentences. */
  readonly doc?: string
  /** A value as it is written. */
  readonly example: string
  readonly unbuilt?: Unbuilt
}

/** Levels of a topic that are walked level by level; the stack holds some thousands. */
const DEEPEST = 1024

/** Of one client, whatever it asks for. */
const MOST_SUBSCRIPTIONS = 65_535

const LISTENS = 'A bare port is one of 127.0.0.1: anything wider than this machine is a deliberate line. A change needs a restart.'

const certfile: SettingRow<string> = {
  value: anyText, default: undefined, summary: 'its certificate in PEM, and behind it those that lead to a root', example: '/etc/hookline/cert.pem',
  doc: 'A file that is renewed is taken over while it runs.',
}
const keyfile: SettingRow<string> = { value: anyText, default: undefined, summary: 'the key of its certificate in PEM, without a passphrase', example: '/etc/hookline/key.pem' }
const cafile: SettingRow<string> = { value: anyText, default: undefined, summary: 'who signs the certificates that clients must show; without it they need none', example: '/etc/hookline/clients.pem' }
/** EMQ X: 1,024,000, on a machine that does nothing else. */
const maxConnections: SettingRow<number> = { value: wholeNumber(1, 10_000_000), default: 100_000, summary: 'connections at one time; those beyond are closed', example: '1000' }
/** EMQ X's default. */
const maxConnRate: SettingRow<number> = { value: wholeNumber(1, 1_000_000), default: 1_000, summary: 'new connections in a second; those beyond are closed', example: '100' }
/** EMQ X's default. */
const checkOriginEnable: SettingRow<boolean> = { value: onOrOff, default: false, summary: 'only pages of `check_origins` may open a WebSocket', example: 'on' }
const checkOrigins: SettingRow<readonly string[]> = { value: origins, default: [], summary: 'pages that may, such as `https://example.com`; who is no page always may', example: 'https://example.com' }
const path: SettingRow<string> = { value: urlPath, default: '/mqtt', summary: 'the path of its URL', example: '/mqtt' }

/**
 * The settings of SPEC 1.1 that are not a pool's; `<name>` stands for a word of the user's. The
 * limits have EMQ X's names.
 */
export const SETTINGS = {
  'backend.redis.msg.expired_after': {
    value: wholeNumber(-2_147_483_648, 3_153_600_000), default: undefined,
    summary: 'seconds to keep what is stored, where a rule has no `expired_time`; 0 and less: for ever', example: '3600',
    doc: 'The older, global form of `expired_time`, which counts where a rule has one above 0.',
  },
  'node.name': {
    value: oneWord, default: 'hookline@127.0.0.1', summary: 'the `{node}` in keys; unique per Redis', example: 'hookline@10.0.0.7',
    doc: 'A change needs a restart.',
  },
  'node.data_dir': {
    value: anyText, default: undefined, summary: 'where the embedded store keeps its files; `data` beside the first file', example: '/var/lib/hookline',
    doc: 'A change needs a restart.',
  },
  'listener.tcp.<name>': {
    value: listenAddress, default: undefined, summary: 'where MQTT is spoken; 0 is a free port', example: '0.0.0.0:1883',
    doc: LISTENS,
  },
  'listener.tcp.<name>.max_connections': maxConnections,
  'listener.tcp.<name>.max_conn_rate': maxConnRate,
  'listener.ssl.<name>': {
    value: listenAddress, default: undefined, summary: 'where MQTT over TLS is spoken', example: '0.0.0.0:8883',
    doc: LISTENS,
  },
  'listener.ssl.<name>.certfile': certfile,
  'listener.ssl.<name>.keyfile': keyfile,
  'listener.ssl.<name>.cafile': cafile,
  'listener.ssl.<name>.max_connections': maxConnections,
  'listener.ssl.<name>.max_conn_rate': maxConnRate,
  'listener.ws.<name>': {
    value: listenAddress, default: undefined, summary: 'where MQTT over WebSocket is spoken', example: '0.0.0.0:8083',
    doc: LISTENS,
  },
  'listener.ws.<name>.path': path,
  'listener.ws.<name>.max_connections': maxConnections,
  'listener.ws.<name>.max_conn_rate': maxConnRate,
  'listener.ws.<name>.check_origin_enable': checkOriginEnable,
  'listener.ws.<name>.check_origins': checkOrigins,
  'listener.wss.<name>': {
    value: listenAddress, default: undefined, summary: 'where MQTT over WebSocket and TLS is spoken', example: '0.0.0.0:8084',
    doc: LISTENS,
  },
  'listener.wss.<name>.certfile': certfile,
  'listener.wss.<name>.keyfile': keyfile,
  'listener.wss.<name>.cafile': cafile,
  'listener.wss.<name>.path': path,
  'listener.wss.<name>.max_connections': maxConnections,
  'listener.wss.<name>.max_conn_rate': maxConnRate,
  'listener.wss.<name>.check_origin_enable': checkOriginEnable,
  'listener.wss.<name>.check_origins': checkOrigins,
  'management.listener.http': {
    value: listenAddress, default: { host: '127.0.0.1', port: 18_083 }, summary: 'console, HTTP API and metrics', example: 'off',
    unbuilt: { severity: 'warning', what: 'the management listener', except: ['off'] },
  },
  'mqtt.max_packet_size': {
    value: size(1, 268_435_455), default: 1_048_576, summary: 'bytes of a packet from a client', example: '256KB',
    doc: 'A larger packet ends its connection before it is read.',
  },
  'mqtt.max_clientid_len': {
    value: wholeNumber(1, 65_535), default: 65_535, summary: 'bytes of a client id', example: '64',
    doc: 'A longer one is refused.',
  },
  'mqtt.max_topic_levels': {
    value: limitUpTo(DEEPEST), default: 128, summary: `levels of a topic or filter, at most ${DEEPEST}; 0: as many as that`, example: '16',
    doc: 'A deeper topic ends its connection, a deeper filter is refused.',
  },
  'mqtt.max_inflight': {
    value: wholeNumber(1, 65_535), default: 32, summary: 'unacknowledged QoS 1 and 2 messages to one client', example: '100',
    doc: 'The others wait, of what the rules cover in Redis.',
  },
  'mqtt.max_mqueue_len': {
    value: wholeNumber(1, 1_000_000), default: 1_000, summary: 'uncovered messages kept in memory for one session', example: '10000',
    doc: 'Beyond it the oldest goes, counted. What the rules cover waits in Redis instead.',
  },
  'mqtt.max_subscriptions': { value: limitUpTo(MOST_SUBSCRIPTIONS), default: 1_000, summary: `subscriptions of one client, at most ${MOST_SUBSCRIPTIONS}; 0: as many as that`, example: '100' },
  'mqtt.session_expiry_interval': { value: duration(1_000, 31_536_000_000), default: 7_200_000, summary: 'how long a session that is not clean outlives its connection', example: '24h' },
  'mqtt.max_sessions': { value: wholeNumber(1, 10_000_000), default: 100_000, summary: 'sessions kept for clients that are away; beyond, the one longest away goes', example: '10000' },
  'mqtt.idle_timeout': { value: duration(1, 86_400_000), default: 15_000, summary: 'from connection to CONNECT', example: '5s' },
  'events.keep': {
    value: wholeNumber(0, 100_000), default: 5_000, summary: 'recent events kept in memory for `hookline plan`; 0: none', example: '20000',
    doc: 'Each with its hook, client, topic, sizes and flags, whether or not a rule ran on it.',
  },
  'events.keep_payload': {
    value: onOrOff, default: false, summary: 'keep their payloads too, as far as 16 MiB reach, not only a hash of each', example: 'on',
    doc: 'They leave the broker only through its control socket, to who started it.',
  },
} as const satisfies Record<string, SettingRow<unknown>>

export type SettingKey = keyof typeof SETTINGS

const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[] // Object.keys says string of any object

/** What a key sets. */
export type SettingTarget =
  | { readonly kind: 'pool', readonly pool: string, readonly option: PoolOptionName }
  /** `name` is what stands for `<name>`. */
  | { readonly kind: 'general', readonly key: SettingKey, readonly name: string | undefined }

/** Words after `backend.redis` that are no pool's name. */
const NO_POOL = new Set(['hook', 'rule', 'msg'])

/** The row of the setting that the words of a key name, if there is one. */
export function settingNamed(words: readonly string[]): SettingTarget | undefined {
  const pool = poolNamed(words)
  const option = words[3] ?? ''
  if (pool !== undefined && words.length === 4 && isPoolOption(option)) return { kind: 'pool', pool, option }
  for (const key of SETTING_KEYS) {
    const pattern = key.split('.')
    if (pattern.length !== words.length) continue
    if (!pattern.every((word, i) => word === '<name>' || word === words[i])) continue
    const at = pattern.indexOf('<name>')
    return { kind: 'general', key, name: at === -1 ? undefined : words[at] }
  }
  return undefined
}

/** The pool whose setting a key is, or would be if it had such a setting. */
export function poolNamed(words: readonly string[]): string | undefined {
  const [first, second, pool] = words
  if (first !== 'backend' || second !== 'redis' || pool === undefined || words.length < 4) return undefined
  return NO_POOL.has(pool) ? undefined : pool
}

/** The table's row, whatever kind it is of. */
export function rowOf(target: SettingTarget): SettingRow<unknown> {
  return target.kind === 'pool' ? POOL_OPTIONS[target.option] : SETTINGS[target.key]
}

/** The keys of all settings, the words of the user put where the table leaves them open: to find the one that was meant. */
export function possibleKeys(words: readonly string[]): readonly string[] {
  const pool = words[2] ?? '<pool>'
  const name = words[2] ?? '<name>'
  return [
    ...Object.keys(POOL_OPTIONS).map(option => `backend.redis.${pool}.${option}`),
    ...SETTING_KEYS.map(key => key.replace('<name>', name)),
  ]
}

function isPoolOption(name: string): name is PoolOptionName {
  return Object.hasOwn(POOL_OPTIONS, name)
}
