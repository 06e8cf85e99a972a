import type { Address, Place } from '../plan/program.ts'

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
}

export interface Listener {
  readonly kind: 'tcp' | 'ssl' | 'ws' | 'wss'
  readonly name: string
  /** Absent: `off`. */
  readonly address: Address | undefined
  /** Absent: the default, no line says so. */
  readonly at: Place | undefined
}
