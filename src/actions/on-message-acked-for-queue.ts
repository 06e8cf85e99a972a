import type { Action } from './action.ts'
import { ackedMessage } from './record-of.ts'

/** EMQ X 4.4 Redis backend, "one-to-one messages". */
export const onMessageAckedForQueue: Action = {
  name: 'on_message_acked_for_queue',
  hooks: ['message.acked'],
  summary: 'removes the acknowledged message',
  doc: 'It deletes the record and the id, whoever acknowledges first.',
  qos: 'messages that were delivered with QoS 1 and 2; others are never acknowledged',
  expires: false,
  keys: ['mqtt:msg:${topic}', 'mqtt:msg:${msgid}'],
  effects: (event) => ({ kind: 'ack-queue', ...ackedMessage(event) }),
}
