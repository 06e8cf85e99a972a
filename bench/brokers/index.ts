import type { StartBroker } from './broker.ts'
import { startHookline } from './hookline.ts'
import { startMosquitto } from './mosquitto.ts'
import { nodePeer } from './node-peer.ts'

/** Who is measured. */
export const BROKERS = {
  'hookline': startHookline,
  /** It stores nothing. */
  'aedes': nodePeer('plain-aedes'),
  /** aedes and one command to Redis for all messages of a turn; it keeps none of them. */
  'bare round trip': nodePeer('bare-round-trip'),
  /** aedes and one ioredis pipeline for each message. */
  'hand-written': nodePeer('hand-written'),
  'aedes-persistence-redis': nodePeer('aedes-persistence-redis'),
  'mosquitto': startMosquitto,
} satisfies Record<string, StartBroker>

export type BrokerName = keyof typeof BROKERS
