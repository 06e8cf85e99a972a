import type { Check } from './check.ts'
import { allCalls } from './redis-call.ts'

export const payloadInKey: Check = {
  name: 'payload-in-key',
  severity: 'warning',
  doc: 'A key that is made of the payload is as long as the payload, and there are as many keys as there are payloads.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["SET seen:${payload} 1"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["SET seen:${topic} ${payload}"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
      const key = call.keys.find(({ template }) => template.some(part => part.kind === 'placeholder' && part.name === 'payload'))
      if (key === undefined) continue
      yield {
        span: key.field.span, message: 'this key is made of the payload: as many keys as there are payloads, and as long',
        hint: 'put `${topic}`, `${clientid}` or `${msgid}` into the key, and the payload into the value',
      }
    }
  },
}
