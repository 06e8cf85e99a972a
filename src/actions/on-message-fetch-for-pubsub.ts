import type { Action } from './action.ts'

/** EMQ X 4.4 Redis backend, "one-to-many messages". */
export const onMessageFetchForPubsub: Action = {
  name: 'on_message_fetch_for_pubsub',
  hooks: ['session.subscribed'],
  summary: "delivers what was stored after this client's position",
  expires: false,
  keys: ['mqtt:acked:${clientid}:${topic}', 'mqtt:msg:${topic}', 'mqtt:msg:${msgid}'],
  brings: 'pubsub',
}
