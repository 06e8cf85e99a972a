import type { Check } from './check.ts'
import { placeholderUses } from './placeholders.ts'

export const messageNotAlone: Check = {
  name: 'message-not-alone',
  severity: 'error',
  doc: '`${message}` is fourteen fields, the names and values of the message record, and so cannot be part of one.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["HSET m:${msgid} m:${message}"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["HSET m:${msgid} ${message}"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const { name, span, field } of placeholderUses(symbols)) {
      if (name !== 'message' || field.parts.length === 1) continue
      yield { span, message: '`${message}` is fourteen fields and cannot be part of one', hint: 'put a space on both sides, or use `${payload}`' }
    }
  },
}
