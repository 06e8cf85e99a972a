import { listenerKey, type Listener, type Settings } from '../language/settings.ts'

/** A setting that differs. */
export interface SettingChange {
  readonly name: string
  /** As a clause: `32 → 64`. */
  readonly words: string
  /** It takes effect with the next start only. */
  readonly restart: boolean
}

interface Row<K extends keyof Settings> {
  readonly name: string
  readonly text: (value: Settings[K]) => string
  readonly restart?: true
}

const seconds = (ms: number): string => `${ms / 1_000} s`

/** Every setting that is not a listener's, as it is said. */
const ROWS: { readonly [K in Exclude<keyof Settings, 'listeners'>]: Row<K> } = {
  nodeName: { name: 'node.name', text: String, restart: true },
  dataDir: { name: 'node.data_dir', text: folder => folder ?? 'data beside the first file', restart: true },
  maxInflight: { name: 'mqtt.max_inflight', text: String },
  maxMqueueLen: { name: 'mqtt.max_mqueue_len', text: String },
  maxPacketSize: { name: 'mqtt.max_packet_size', text: bytes => `${bytes} bytes` },
  maxClientidLen: { name: 'mqtt.max_clientid_len', text: String },
  maxTopicLevels: { name: 'mqtt.max_topic_levels', text: String },
  maxSubscriptions: { name: 'mqtt.max_subscriptions', text: String },
  sessionExpiryMs: { name: 'mqtt.session_expiry_interval', text: seconds },
  maxSessions: { name: 'mqtt.max_sessions', text: String },
  idleTimeoutMs: { name: 'mqtt.idle_timeout', text: seconds },
  eventsKeep: { name: 'events.keep', text: String },
  eventsKeepPayload: { name: 'events.keep_payload', text: kept => kept ? 'on' : 'off' },
}

const FIELDS = Object.keys(ROWS) as readonly (keyof typeof ROWS)[] // Object.keys says string of any object

/** What is different in the second settings, listeners last. */
export function settingChanges(before: Settings, after: Settings): readonly SettingChange[] {
  return [...FIELDS.flatMap(field => changeOf(field, before, after)), ...listenerChanges(before, after)]
}

function changeOf<K extends keyof typeof ROWS>(field: K, before: Settings, after: Settings): readonly SettingChange[] {
  const { name, text, restart = false } = ROWS[field]
  return before[field] === after[field] ? [] : [{ name, words: `${text(before[field])} → ${text(after[field])}`, restart }]
}

/** What can differ between two listeners of one name that are both on; the first without its name. */
const LISTENER_ROWS: readonly (readonly [name: string, text: (listener: Listener) => string])[] = [
  ['', ({ address, path }) => address === undefined ? 'off' : `${address.host}:${address.port}${path ?? ''}`],
  ['max_connections ', ({ maxConnections }) => String(maxConnections)],
  ['max_conn_rate ', ({ maxConnRate }) => String(maxConnRate)],
  ['check_origins ', ({ origins }) => origins?.join(',') ?? 'any'],
  ['certfile ', ({ tls }) => tls?.certfile.path ?? 'none'],
  ['keyfile ', ({ tls }) => tls?.keyfile.path ?? 'none'],
  ['cafile ', ({ tls }) => tls?.cafile?.path ?? 'none'],
]

function listenerChanges({ listeners: before }: Settings, { listeners: after }: Settings): readonly SettingChange[] {
  const [was, is] = [byKey(before), byKey(after)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const words = listenerWords(was.get(name), is.get(name))
    return words === '' ? [] : [{ name, words, restart: true }]
  })
}

function byKey(listeners: readonly Listener[]): ReadonlyMap<string, Listener> {
  // one that is off is as good as none
  return new Map(listeners.filter(({ address }) => address !== undefined).map(listener => [listenerKey(listener), listener]))
}

function listenerWords(before: Listener | undefined, after: Listener | undefined): string {
  return LISTENER_ROWS.flatMap(([name, text], i) => {
    if ((before === undefined || after === undefined) && i > 0) return []
    const [was, is] = [before, after].map(listener => listener === undefined ? 'off' : text(listener))
    return was === is ? [] : [`${name}${was ?? ''} → ${is ?? ''}`]
  }).join(', ')
}
