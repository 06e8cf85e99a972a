import { filterProblem, sharedFilter } from '../language/topic-filter.ts'
import type { Check } from './check.ts'
import { textEdit } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'

export const shareInFilter: Check = {
  name: 'share-in-filter',
  severity: 'warning',
  fix: 'offered',
  doc: '`$share/<group>/` exists in SUBSCRIBE only: messages have topics without it, and of a shared subscription rules see the part after the group.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "$share/g1/jobs/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "jobs/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}',
  find: symbols => inEachRule(symbols, function* ({ hook, topic }) {
    if (hook === undefined || topic?.value.startsWith('$share/') !== true || filterProblem(topic.value) !== undefined) return
    const filter = sharedFilter(topic.value)
    const seen = filter === undefined ? '' : ` as \`${filter}\``
    yield {
      span: topic.span,
      message: hook.startsWith('session.') ? `a shared subscription is seen here${seen}, so this never matches` : `messages come here${seen}, without \`$share/..\`, so this never matches`,
      ...filter === undefined ? { hint: 'write the filter alone' } : { fix: { title: `write "topic": ${JSON.stringify(filter)}`, edits: [textEdit(topic, filter)] } },
    }
  }),
}
