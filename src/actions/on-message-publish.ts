import type { Action } from './action.ts'
import { recordOf } from './record-of.ts'

/** EMQ X 4.4 Redis backend, "message persistence": QoS 1 and 2 only. */
export const onMessagePublish: Action = {
  name: 'on_message_publish',
  hooks: ['message.publish'],
  summary: 'stores the message and logs it under its topic (QoS 1 and 2)',
  doc: 'The ids stand in the order in which Redis took them. A message that is sent again because its acknowledgement was lost leaves one record. Ids whose record has expired are trimmed.',
  qos: 'messages with QoS 1 and 2; of QoS 0 nothing is stored',
  expires: true,
  keys: ['mqtt:msg:${msgid}', 'mqtt:msg:${topic}'],
  skips: ({ qos }) => qos === 0 ? 'the message has QoS 0; only those of QoS 1 and 2 are stored' : undefined,
  effects: (event, expirySeconds) => ({ kind: 'store', record: recordOf(event), expirySeconds }),
}
