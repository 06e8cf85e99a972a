import { filterProblem } from '../language/topic-filter.ts'
import { partOf } from '../syntax/parse.ts'
import type { Check } from './check.ts'
import { choice } from './choice.ts'
import { textEdit } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'

export const invalidFilterHash: Check = {
  name: 'invalid-filter-hash',
  severity: 'error',
  fix: 'offered',
  doc: '`#` stands for all levels that follow, so it can only be the last [MQTT-4.7.1-1].',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "a/#/b", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "a/+/b", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  find: symbols => inEachRule(symbols, function* ({ topic }) {
    const problem = topic === undefined ? undefined : filterProblem(topic.value)
    if (topic === undefined || problem?.kind !== 'hash-not-last') return
    const [before, after] = [topic.value.slice(0, problem.start), topic.value.slice(problem.end)]
    yield {
      span: partOf(topic, problem.start, problem.end), message: '`#` may only be the last level',
      ...choice([`${before}+${after}`, `${before}#`], filter => textEdit(topic, filter)),
    }
  }),
}
