import { ruleName, type Check } from './check.ts'
import { memberBefore } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'

export const topicMissing: Check = {
  name: 'topic-missing',
  severity: 'warning',
  fix: 'offered',
  doc: 'A rule on `message.publish` without a filter takes every message of every client, which is better said.',
  bad: 'backend.redis.hook.message.publish.1 = {"action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  find: symbols => inEachRule(symbols, function* (rule) {
    if (rule.hook !== 'message.publish' || rule.members.has('topic')) return
    const title = 'write "topic": "#"'
    yield {
      span: rule.rule.key.span, message: `\`${ruleName(rule)}\` has no \`topic\` and takes every message`, hint: `${title} if it is meant`,
      fix: { title, edits: [memberBefore(rule.rule.value, 'topic', '"#"')] },
    }
  }),
}
