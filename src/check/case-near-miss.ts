import { lineBeside, type Check } from './check.ts'
import { currentRules, type RuleSymbol } from './symbols.ts'

export const caseNearMiss: Check = {
  name: 'case-near-miss',
  severity: 'info',
  doc: 'Topics are compared letter by letter, capital and small ones are different. Two filters that differ in nothing else may be meant as one.',
  bad: `backend.redis.hook.message.publish.1 = {"topic": "Sensors/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "sensors/#", "action": {"function": "on_message_store_keep_latest"}, "expired_time": 3600, "pool": "pool1"}`,
  good: `backend.redis.hook.message.publish.1 = {"topic": "sensors/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "sensors/#", "action": {"function": "on_message_store_keep_latest"}, "expired_time": 3600, "pool": "pool1"}`,
  *find(symbols) {
    const firsts = new Map<string, NonNullable<RuleSymbol['topic']>>()
    const said = new Set<string>()
    for (const { topic, hook } of currentRules(symbols)) {
      if (topic === undefined || hook === undefined) continue
      const letters = topic.value.toLowerCase()
      const first = firsts.get(letters)
      if (first === undefined) firsts.set(letters, topic)
      if (first === undefined || first.value === topic.value || said.has(topic.value)) continue
      said.add(topic.value)
      yield {
        span: topic.span,
        message: `\`${topic.value}\` and \`${first.value}\` (${lineBeside(first.span, topic.span)}) differ only in capital letters, and match different topics`,
        hint: 'write one of them in both places, if they are meant to be the same',
        related: [{ span: first.span, message: 'written so here' }],
      }
    }
  },
}
