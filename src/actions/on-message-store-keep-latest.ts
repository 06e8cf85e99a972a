import type { Action } from './action.ts'
import { recordOf } from './record-of.ts'

/** EMQ X 4.4 Redis backend, "keep latest"; the key is [ours]. */
export const onMessageStoreKeepLatest: Action = {
  name: 'on_message_store_keep_latest',
  hooks: ['message.publish'],
  summary: 'stores the last message of the topic, at any QoS',
  doc: 'It needs no retain flag; each message takes the place of the one before.',
  qos: 'messages of any QoS',
  expires: true,
  keys: ['mqtt:latest:${topic}'],
  effects: (event, expirySeconds) => ({ kind: 'latest', record: recordOf(event), expirySeconds }),
}
