import type { HookName } from '../language/hooks.ts'
import { danger } from '../language/dangerous-commands.ts'
import type { Check } from './check.ts'
import { allCalls } from './redis-call.ts'
import type { RuleSymbol } from './symbols.ts'

export const dangerous: Check = {
  name: 'dangerous',
  severity: 'error',
  doc: 'What concerns the whole Redis is no matter of one event: every client that fires the hook would do it. If it is meant, say so in a comment before the rule: `# hookline-ignore dangerous -- reason`.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "x/#", "action": {"commands": ["FLUSHALL"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "x/#", "action": {"commands": ["DEL x:${topic}"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
      const does = danger(call.name, call.texts)
      if (does === undefined) continue
      yield {
        span: call.nameSpan, message: `\`${call.title}\` ${does}, and any client ${whoever(call.rule)} could set it off`,
        hint: call.name === 'keys' ? 'delete it, and name the keys' : 'delete it, and do it with redis-cli when it is needed',
      }
    }
  },
}

/** How a client fires a hook, to follow "any client". */
const FIRES: Readonly<Record<HookName, string>> = {
  'client.connected': 'that connects',
  'client.disconnected': 'that connects',
  'session.created': 'that connects',
  'session.subscribed': 'that subscribes',
  'session.unsubscribed': 'that unsubscribes',
  'message.publish': 'that publishes',
  'message.delivered': 'that subscribes',
  'message.acked': 'that subscribes',
}

function whoever({ hook, topic }: RuleSymbol): string {
  if (hook === undefined) return 'that fires the hook'
  const to = hook === 'session.unsubscribed' ? 'from' : 'to'
  return FIRES[hook] === 'that connects' || topic === undefined ? FIRES[hook] : `${FIRES[hook]} ${to} \`${topic.value}\``
}
