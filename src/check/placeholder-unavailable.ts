import { oneOfThese } from '../diagnostic/did-you-mean.ts'
import { isPlaceholder, placeholdersOf } from '../language/hook-name.ts'
import type { Check } from './check.ts'
import { placeholderUses } from './placeholders.ts'

export const placeholderUnavailable: Check = {
  name: 'placeholder-unavailable',
  severity: 'error',
  doc: 'A hook knows some values and not others: a client that connects has published nothing yet.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SET last:${clientid} ${payload}"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SET last:${clientid} ${ts}"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const { name, span, hook } of placeholderUses(symbols)) {
      if (hook === undefined || !isPlaceholder(name)) continue
      const available = placeholdersOf(hook)
      if (available.includes(name)) continue
      yield {
        span, message: `\`\${${name}}\` does not exist at \`${hook}\``,
        hint: `use ${oneOfThese(available.map(known => `\${${known}}`))}`,
      }
    }
  },
}
