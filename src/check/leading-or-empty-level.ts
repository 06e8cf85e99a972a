import { filterProblem } from '../language/topic-filter.ts'
import { partOf } from '../syntax/parse.ts'
import type { Check } from './check.ts'
import { textEdit } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'

export const leadingOrEmptyLevel: Check = {
  name: 'leading-or-empty-level',
  severity: 'warning',
  fix: 'offered',
  doc: 'A `/` at the front or the end, or two in a row, make an empty level, which only topics with the same empty level have [MQTT-4.7.3]. If they do, it is meant.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "/sensors/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "sensors/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}',
  find: symbols => inEachRule(symbols, function* ({ topic, hook }) {
    if (hook === undefined || topic === undefined || topic.value.startsWith('$share/') || filterProblem(topic.value) !== undefined) return
    const levels = topic.value.split('/')
    const empty = levels.indexOf('')
    const filter = levels.filter(level => level !== '').join('/')
    if (empty === -1 || filter === '') return
    const start = levels.slice(0, empty).join('/').length
    const title = `write "topic": ${JSON.stringify(filter)}`
    const at = empty === 0 ? 'first' : empty === levels.length - 1 ? 'last' : 'inner'
    yield {
      span: partOf(topic, start, start + (at === 'inner' ? 2 : 1)),
      message: `this makes an empty ${at} level: it matches \`${exampleOf(topic.value)}\`, not \`${exampleOf(filter)}\``,
      hint: `${title}, if the topics are without it`,
      fix: { title, edits: [textEdit(topic, filter)] },
    }
  }),
}

function exampleOf(filter: string): string {
  return filter.split('/').map(level => level === '+' || level === '#' ? '1' : level).join('/')
}
