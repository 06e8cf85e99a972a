import type { Action } from './action.ts'
import { ackedMessage } from './record-of.ts'

/** EMQ X 4.4 Redis backend, "keep latest". */
export const onMessageAckedForKeepLatest: Action = {
  name: 'on_message_acked_for_keep_latest',
  hooks: ['message.acked'],
  summary: 'removes the last message of the topic if it still is the acknowledged one',
  doc: 'A newer message that has come meanwhile stays.',
  qos: 'messages that were delivered with QoS 1 and 2; others are never acknowledged',
  expires: false,
  keys: ['mqtt:latest:${topic}'],
  effects: (event) => ({ kind: 'ack-latest', ...ackedMessage(event) }),
}
