import type { Action } from './action.ts'

/** EMQ X 4.4 Redis backend, "one-to-one messages". */
export const onMessageFetchForQueue: Action = {
  name: 'on_message_fetch_for_queue',
  hooks: ['session.subscribed'],
  summary: 'delivers the stored messages of the topic; the first acknowledgement removes one',
  expires: false,
  keys: ['mqtt:msg:${topic}', 'mqtt:msg:${msgid}'],
  brings: 'queue',
}
