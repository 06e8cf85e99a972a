import { filterProblem } from '../language/topic-filter.ts'
import { partOf } from '../syntax/parse.ts'
import type { Check } from './check.ts'
import { choice } from './choice.ts'
import { textEdit } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'

export const invalidFilterPlus: Check = {
  name: 'invalid-filter-plus',
  severity: 'error',
  fix: 'offered',
  doc: '`+` and `#` stand for whole levels; part of a level cannot be matched [MQTT-4.7.1-1] [MQTT-4.7.1-2].',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "room+/temp", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "+/temp", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  find: symbols => inEachRule(symbols, function* ({ topic }) {
    const problem = topic === undefined ? undefined : filterProblem(topic.value)
    if (topic === undefined || problem?.kind !== 'wildcard-in-level') return
    const [before, after] = [topic.value.slice(0, problem.start), topic.value.slice(problem.end)]
    yield {
      span: partOf(topic, problem.start, problem.end), message: 'a wildcard must fill the whole level',
      ...choice([`${before}+${after}`], filter => textEdit(topic, filter)),
    }
  }),
}
