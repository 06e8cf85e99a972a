import type { Action } from './action.ts'
import { recordOf } from './record-of.ts'

/** EMQ X 4.4 Redis backend, "retained messages" [MQTT-3.3.1-10]. */
export const onRetainDelete: Action = {
  name: 'on_retain_delete',
  hooks: ['message.publish'],
  summary: 'removes the retained message when an empty one is published with the retain flag',
  doc: 'An empty message with the retain flag removes what was retained, as MQTT has it.',
  qos: 'messages of any QoS',
  expires: false,
  keys: ['mqtt:retain:${topic}'],
  skips: (event) => {
    const { retain, payload } = recordOf(event)
    if (!retain) return 'the message has no retain flag'
    return payload.length > 0 ? 'the payload is not empty' : undefined
  },
  effects: (event) => ({ kind: 'retain-delete', record: recordOf(event) }),
}
