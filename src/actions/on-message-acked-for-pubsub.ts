import type { Action } from './action.ts'
import { ackedMessage } from './record-of.ts'

/** EMQ X 4.4 Redis backend, "one-to-many messages". Which msgid is written, delivery decides: never past a gap. */
export const onMessageAckedForPubsub: Action = {
  name: 'on_message_acked_for_pubsub',
  hooks: ['message.acked'],
  summary: "moves this client's position in the topic",
  doc: 'The position never passes a message that is not acknowledged, and only moves forward. The message stays for others until it expires.',
  qos: 'messages that were delivered with QoS 1 and 2; others are never acknowledged',
  expires: false,
  keys: ['mqtt:acked:${clientid}:${topic}'],
  effects: (event) => ({ kind: 'ack-pubsub', clientid: event.clientid, ...ackedMessage(event) }),
}
