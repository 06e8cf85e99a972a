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
  skips: (event) => {
    const { retain, payload } = recordOf(event)
    if (!retain) return 'the message has no retain flag'
    return payload.length === 0 ? 'the payload is empty, which removes a retained message' : undefined
  },
  effects: (event, expirySeconds) => ({ kind: 'retain', record: recordOf(event), expirySeconds }),
}
