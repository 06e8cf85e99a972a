import type { Check } from './check.ts'

export const syntax: Check = {
  name: 'syntax',
  severity: 'error',
  fix: 'offered',
  doc: 'A line has a shape: a setting, a rule with a JSON object, an include, a comment.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "pool": "pool1"',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "pool": "pool1"}',
  find: ({ faults }) => faults.filter(({ check }) => check === 'syntax').map(({ message, span, hint, fix }) => ({ message, span, hint, fix })),
}
