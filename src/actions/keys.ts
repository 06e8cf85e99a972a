/** Every Redis key that hookline's functions touch, and its own channel. The Lua scripts build none of their own. */
export const keys = {
  // EMQ X's layout
  message: (msgid: string) => `mqtt:msg:${msgid}`,
  log: (topic: string) => `mqtt:msg:${topic}`,
  position: (clientid: string, topic: string) => `mqtt:acked:${clientid}:${topic}`,
  retained: (topic: string) => `mqtt:retain:${topic}`,
  client: (clientid: string) => `mqtt:client:${clientid}`,
  node: (node: string) => `mqtt:node:${node}`,
  proxySubscriptions: (clientid: string) => `mqtt:sub:${clientid}`,
  // ours
  latest: (topic: string) => `mqtt:latest:${topic}`,
  /** Last score given in the pool. */
  clock: 'mqtt:clock',
  /** Number of the last store call of a broker process that was applied, and what Redis will never take of it (scripts/once.lua). */
  batch: (boot: string) => `mqtt:batch:${boot}`,
  /** Index of topics with a log; a sorted set, all scores 0. */
  topics: 'mqtt:topics',
  /** Index of topics with a retained message. */
  retainedTopics: 'mqtt:retained',
  /** Index of topics with a latest message. */
  latestTopics: 'mqtt:latests',
  /** Logs whose old entries are being given scores: topic → the score that they stay below. */
  renewing: 'mqtt:renewing',
  /** How far a run of `hookline adopt` is. */
  adopting: 'mqtt:adopting',
  /** Channel on which brokers of one Redis tell each other of stored messages. Databases share channels, not messages. */
  wake: (database: number) => database === 0 ? 'mqtt:wake' : `mqtt:wake:${database}`,
  // ours on a cluster, where what belongs to a key must lie in its slot; `tag`: see store/cluster/slot-tag.ts
  /** Last score given in the slot. */
  slotClock: (tag: string) => `mqtt:clock:{${tag}}`,
  /** How often a message of the slot was stored again; gone an hour after the last. */
  slotRepeats: (tag: string) => `mqtt:repeats:{${tag}}`,
  /** As `batch`, for the retained and latest messages of the slot. */
  slotBatch: (tag: string, boot: string) => `mqtt:batch:{${tag}}:${boot}`,
  /** As `renewing`, for the logs of the slot. */
  slotRenewing: (tag: string) => `mqtt:renewing:{${tag}}`,
  /** When each topic of an index was last written to it; a sorted set by seconds since 1970. */
  indexSeen: (index: string) => `{${index}}:seen`,
} as const
