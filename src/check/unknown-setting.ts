import { nearest } from '../diagnostic/did-you-mean.ts'
import { POOL_OPTIONS } from '../language/pool-options.ts'
import { poolNamed, possibleKeys } from '../language/setting-table.ts'
import type { Check } from './check.ts'
import { choice } from './choice.ts'
import { misprintOf } from './misprint.ts'

export const unknownSetting: Check = {
  name: 'unknown-setting',
  severity: 'error',
  fix: 'offered',
  doc: 'A setting that hookline does not know would have no effect.',
  bad: 'backend.redis.pool1.poolsize = 8',
  good: 'backend.redis.pool1.pool_size = 8',
  *find({ settings }) {
    for (const { setting: { key }, words, target, foreign } of settings) {
      if (target !== undefined || foreign || misprintOf(words) !== undefined) continue
      const option = poolNamed(words) === undefined || words.length > 4 ? undefined : key.words[3]
      const written = option?.text ?? words.join('.')
      const near = nearest(written, option === undefined ? possibleKeys(words) : Object.keys(POOL_OPTIONS))
      yield {
        span: option?.span ?? key.span,
        message: option === undefined ? `no setting \`${written}\`` : `a pool has no setting \`${written}\``,
        // What is between `<` and `>` is a name that somebody must choose.
        ...choice(near, text => text.includes('<') ? undefined : { span: option?.span ?? key.span, text }),
      }
    }
  },
}
