import { exampleTopic } from '../language/filter-algebra.ts'
import { ruleName, type Check } from './check.ts'
import { filterOf, flowRules, isDoneOtherwise, mayHoldMore, meeting } from './flow-rule.ts'
import { ruleAdded } from './rule-line.ts'

export const retainWithoutDelete: Check = {
  name: 'retain-without-delete',
  severity: 'warning',
  fix: 'offered',
  doc: 'A retained message is cleared by an empty one [MQTT-3.3.1-10]; `on_message_retain` alone leaves the stored one where it is.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "values/#", "action": {"function": "on_message_retain"}, "expired_time": 3600, "pool": "pool1"}',
  good: `backend.redis.hook.message.publish.1 = {"topic": "values/#", "action": {"function": "on_message_retain"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "#", "action": {"function": "on_retain_delete"}, "pool": "pool1"}`,
  *find(symbols) {
    if (mayHoldMore(symbols)) return
    let after = 0
    for (const store of flowRules(symbols).filter(({ name }) => name === 'on_message_retain')) {
      const deleting = meeting(symbols, 'on_retain_delete', store)
      const deletes = deleting.filter(rule => rule.pool === store.pool)
      const isForAll = deletes.some(({ filter }) => filter === undefined)
      const topic = isForAll ? undefined : exampleTopic([filterOf(store)], deletes.map(filterOf))
      if (topic === undefined || isDoneOtherwise(symbols, { ...store, name: 'on_retain_delete', keys: 'mqtt:retain:' })) continue
      const elsewhere = deleting.find(rule => rule.pool !== store.pool)
      const known = [...deletes, ...deletes.length === 0 && elsewhere !== undefined ? [elsewhere] : []]
      yield {
        span: store.span,
        message: `an empty retained message does not clear what \`${ruleName(store.symbol)}\` has stored${deletes.length === 0 ? '' : `, for example of \`${topic}\``}`,
        fix: ruleAdded(symbols, store, { name: 'on_retain_delete', filter: store.filter, pool: store.pool, after }),
        related: known.map(({ pool, span }) => ({ span, message: pool === store.pool ? 'clears others' : `clears in \`${pool}\`` })),
      }
      after += 1
    }
  },
}
