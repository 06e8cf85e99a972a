import { HOOKS } from '../language/hooks.ts'
import type { Check } from './check.ts'
import { elementRemoved } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'

export const topicOnTopiclessHook: Check = {
  name: 'topic-on-topicless-hook',
  severity: 'warning',
  fix: 'offered',
  doc: 'A client that connects has no topic yet: the filter has no effect, and the rule runs for every client.',
  bad: 'backend.redis.hook.client.connected.1 = {"topic": "sensors/#", "action": {"function": "on_subscribe_lookup"}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool1"}',
  find: symbols => inEachRule(symbols, function* ({ hook, members, rule }) {
    const topic = members.get('topic')
    if (hook === undefined || HOOKS[hook].hasTopic || topic === undefined) return
    yield {
      span: topic.span, message: `\`${hook}\` has no topic; the filter has no effect and the rule runs for every client`,
      fix: { title: 'delete `topic`', edits: elementRemoved(symbols, rule.value.members, topic) },
    }
  }),
}
