/** What the broker counts beside its rules. Each only grows. */
export interface Counters {
  /** Publishers closed unacknowledged because their message was not confirmed in time. */
  publishersHeld: number
  /** Publishers closed because a storing rule refused their message for good. */
  publishersRefused: number
  /** Messages that went on although a rule had not done its work for them (`on_failure = pass`). */
  publishesPassed: number
  /** Wills that went on unstored. */
  willsUnstored: number
  /** QoS 0 messages that a subscriber's full socket did not take. */
  qos0Dropped: number
  /** Uncovered messages pushed out of a full session queue. */
  mqueueDropped: number
  /** Persistent sessions that were away for too long, or too many. */
  sessionsExpired: number
  /** Retained messages pushed out of the full memory. */
  retainedDropped: number
  /** Subscribers closed because they did not read. */
  subscribersStuck: number
  /** Publishes recognised as one that was still unacknowledged. */
  retransmissions: number
  /** Effects of other hooks than message.publish not queued because too much waits for Redis. */
  effectsDropped: number
  /** Messages on a pool's channel that were no order. */
  ordersRefused: number
  /** Connections beyond what a listener takes at a time, or in a second. */
  connectionsTurnedAway: number
  /** Connections ended for a packet that MQTT 3.1.1 or a limit does not allow. */
  packetsRefused: number
  /** Network connections whose TLS handshake failed, or was never begun. */
  handshakesFailed: number
  /** Filters that were not granted. */
  subscriptionsRefused: number
}

/** How often connections have ended for one reason, other than that their clients left. */
export interface ClosureCount {
  /** Such as `limit`, `takeover`. */
  readonly reason: string
  /** In words. */
  readonly why: string
  readonly count: number
}

export function newCounters(): Counters {
  return {
    publishersHeld: 0, publishersRefused: 0, publishesPassed: 0, willsUnstored: 0, qos0Dropped: 0, mqueueDropped: 0, sessionsExpired: 0,
    retainedDropped: 0, subscribersStuck: 0, retransmissions: 0, effectsDropped: 0, ordersRefused: 0,
    connectionsTurnedAway: 0, packetsRefused: 0, handshakesFailed: 0, subscriptionsRefused: 0,
  }
}
