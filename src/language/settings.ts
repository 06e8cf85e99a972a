import type { Address, NamedFile, Place } from '../plan/program.ts'

/** The settings of a program that are not a pool's, with defaults filled in (SPEC 1.1). */
export interface Settings {
  /** `node.name`: the `{node}` in keys. */
  readonly nodeName: string
  /** `node.data_dir` as written; relative to the first file. */
  readonly dataDir: string | undefined
  readonly listeners: readonly Listener[]
  /** `mqtt.max_inflight`: unacknowledged QoS 1 and 2 messages to one client. */
  readonly maxInflight: number
  /** `mqtt.max_mqueue_len`: uncovered messages kept in memory for one session. */
  readonly maxMqueueLen: number
  /** `mqtt.max_packet_size`: bytes of a packet from a client, its fixed header included. */
  readonly maxPacketSize: number
  /** `mqtt.max_clientid_len`: bytes of a client id. */
  readonly maxClientidLen: number
  /** `mqtt.max_topic_levels`, of topics and filters. */
  readonly maxTopicLevels: number
  /** `mqtt.max_subscriptions` of one client. */
  readonly maxSubscriptions: number
  /** `mqtt.session_expiry_interval`: milliseconds that a persistent session outlives its connection. */
  readonly sessionExpiryMs: number
  /** `mqtt.max_sessions`: of clients that are away. */
  readonly maxSessions: number
  /** `mqtt.idle_timeout`: milliseconds from connection to CONNECT. */
  readonly idleTimeoutMs: number
  /** `events.keep`: recent events kept for `plan`; 0: none. */
  readonly eventsKeep: number
  /** `events.keep_payload`: their payloads too, not only a hash of each. */
  readonly eventsKeepPayload: boolean
}

export interface Listener {
  readonly kind: ListenerKind
  readonly name: string
  /** Absent: `off`. */
  readonly address: Address | undefined
  /** Of its URL; absent: no WebSocket. */
  readonly path: string | undefined
  /** Absent: without TLS, or off. */
  readonly tls: ListenerTls | undefined
  /** `max_connections`: at one time. */
  readonly maxConnections: number
  /** `max_conn_rate`: new ones in a second. */
  readonly maxConnRate: number
  /** `check_origins`: pages that may open a WebSocket; absent: any, or there is none. */
  readonly origins: readonly string[] | undefined
  /** Absent: the default, no line says so. */
  readonly at: Place | undefined
}

/** SPEC 1.1: loopback only, unless a line sets `listener.tcp.external` or `listener.ws.external`. */
export const DEFAULT_LISTENERS: readonly (Pick<Listener, 'kind' | 'name'> & { readonly address: Address })[] = [
  { kind: 'tcp', name: 'external', address: { host: '127.0.0.1', port: 1883 } },
  { kind: 'ws', name: 'external', address: { host: '127.0.0.1', port: 8083 } },
]

/** In the order in which they are shown. */
export const LISTENER_KINDS = ['tcp', 'ssl', 'ws', 'wss'] as const

export type ListenerKind = typeof LISTENER_KINDS[number]

/** What a TLS listener shows, and whom it believes. Renewed files are taken over while it runs. */
export interface ListenerTls {
  readonly certfile: NamedFile
  readonly keyfile: NamedFile
  /** Clients must show a certificate that one of these has signed; absent: they need none. */
  readonly cafile: NamedFile | undefined
}

/** Its setting, such as `listener.tcp.external`. */
export function listenerKey({ kind, name }: Pick<Listener, 'kind' | 'name'>): string {
  return `listener.${kind}.${name}`
}
