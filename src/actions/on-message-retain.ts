import type { Action } from './action.ts'
import { recordOf } from './record-of.ts'

/** EMQ X 4.4 Redis backend, "retained messages". */
export const onMessageRetain: Action = {
  name: 'on_message_retain',
  hooks: ['message.publish'],
  summary: 'stores a message that is published with the retain flag',
  doc: 'It stores a message with the retain flag and a payload, in the place of the one before.',
  qos: 'messages of any QoS',
  expires: true,
  keys: ['mqtt:retain:${topic}'],
  effects: (event, expirySeconds) => {
    const record = recordOf(event)
    return record.retain && record.payload.length > 0 ? { kind: 'retain', record, expirySeconds } : undefined
  },
}
