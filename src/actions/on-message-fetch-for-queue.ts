import type { Action } from './action.ts'
import { qos0Subscription } from './record-of.ts'

/** EMQ X 4.4 Redis backend, "one-to-one messages". */
export const onMessageFetchForQueue: Action = {
  name: 'on_message_fetch_for_queue',
  hooks: ['session.subscribed'],
  summary: 'delivers the stored messages of the topic; the first acknowledgement removes one',
  doc: 'A queue is meant for one subscriber, to which every stored message comes, oldest first. To share the work subscribe to `$share/<group>/<filter>`.',
  qos: 'subscriptions with QoS 1 and 2; of QoS 0 nothing is fetched',
  expires: false,
  keys: ['mqtt:msg:${topic}', 'mqtt:msg:${msgid}'],
  brings: 'queue',
  skips: qos0Subscription,
}
