import type { Action } from './action.ts'
import { qos0Subscription } from './record-of.ts'

/** EMQ X 4.4 Redis backend, "one-to-many messages". */
export const onMessageFetchForPubsub: Action = {
  name: 'on_message_fetch_for_pubsub',
  hooks: ['session.subscribed'],
  summary: "delivers what was stored after this client's position",
  doc: 'A client without a position gets all that is stored. If the position is not stored any more, it gets all that is newer by its time, less one minute: it may repeat and never skips.',
  qos: 'subscriptions with QoS 1 and 2; of QoS 0 nothing is fetched',
  expires: false,
  keys: ['mqtt:acked:${clientid}:${topic}', 'mqtt:msg:${topic}', 'mqtt:msg:${msgid}'],
  brings: 'pubsub',
  skips: qos0Subscription,
}
