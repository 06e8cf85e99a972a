import type { Action } from './action.ts'
import { qos0Subscription } from './record-of.ts'

/** EMQ X 4.4 Redis backend, "keep latest". */
export const onMessageFetchForKeepLatest: Action = {
  name: 'on_message_fetch_for_keep_latest',
  hooks: ['session.subscribed'],
  summary: 'delivers the last message of the topic',
  doc: 'Of a wildcard subscription the last message of each topic that it matches.',
  qos: 'subscriptions with QoS 1 and 2; of QoS 0 nothing is fetched',
  expires: false,
  keys: ['mqtt:latest:${topic}'],
  brings: 'latest',
  skips: qos0Subscription,
}
