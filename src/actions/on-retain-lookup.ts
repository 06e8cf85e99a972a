import type { Action } from './action.ts'

/** EMQ X 4.4 Redis backend, "retained messages". */
export const onRetainLookup: Action = {
  name: 'on_retain_lookup',
  hooks: ['session.subscribed'],
  summary: 'delivers the stored retained message of the topic, with the retain flag',
  doc: 'Of a wildcard subscription all retained messages that it matches.',
  qos: 'subscriptions of any QoS',
  expires: false,
  keys: ['mqtt:retain:${topic}'],
  brings: 'retained',
}
