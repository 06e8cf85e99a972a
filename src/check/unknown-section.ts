import { nearest } from '../diagnostic/did-you-mean.ts'
import { isForeign } from '../language/foreign-settings.ts'
import type { Check } from './check.ts'
import { choice } from './choice.ts'

export const unknownSection: Check = {
  name: 'unknown-section',
  severity: 'error',
  fix: 'offered',
  doc: 'A rule stands under `backend.redis.hook.`; under another name nothing would run it.',
  bad: 'backend.redis.hok.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}',
  *find({ strays }) {
    for (const { key } of strays) {
      const words = key.words.map(({ text }) => text)
      if (words[2] === 'rule' || isForeign(words)) continue
      // The first word that is another than those of a rule's key.
      const at = ['backend', 'redis', 'hook'].findIndex((name, i) => name !== words[i])
      const [word, meant] = [key.words[at], ['backend', 'redis', 'hook'][at] ?? '']
      yield {
        span: word?.span ?? key.span,
        message: `no section \`${word?.text ?? ''}\` that has rules`,
        ...choice(nearest(word?.text ?? '', [meant]), text => word && { span: word.span, text })
          ?? { hint: 'write `backend.redis.hook.<hook>.<number> = {..}`' },
      }
    }
  },
}
