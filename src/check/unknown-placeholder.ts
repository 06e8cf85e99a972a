import { nearest } from '../diagnostic/did-you-mean.ts'
import { isPlaceholder, PLACEHOLDER_NAMES, placeholdersOf } from '../language/hook-name.ts'
import type { Check } from './check.ts'
import { choice } from './choice.ts'
import { placeholderUses } from './placeholders.ts'

export const unknownPlaceholder: Check = {
  name: 'unknown-placeholder',
  severity: 'error',
  fix: 'offered',
  doc: 'A placeholder that does not exist stands for nothing.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SET c:${clientId} 1"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"commands": ["SET c:${clientid} 1"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const { name, span, hook } of placeholderUses(symbols)) {
      if (isPlaceholder(name)) continue
      const near = nearest(name, hook === undefined ? PLACEHOLDER_NAMES : placeholdersOf(hook))
      const names = near.length > 0 || hook === undefined ? near : placeholdersOf(hook)
      const written = names.map(known => `\${${known}}`)
      // One that is not even near is shown, and nothing more.
      yield { span, message: `no placeholder \`\${${name}}\``, ...choice(written, text => near.length > 0 ? { span, text } : undefined) }
    }
  },
}
