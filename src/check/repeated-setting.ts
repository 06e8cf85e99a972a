import { isSamePlace, lineBeside, type Check } from './check.ts'
import { linesRemoved } from './edits.ts'

export const repeatedSetting: Check = {
  name: 'repeated-setting',
  severity: 'warning',
  fix: 'offered',
  doc: 'Of a setting that is set twice the last line counts; the first looks as if it did.',
  bad: `backend.redis.pool1.server = 10.0.0.1:6379
backend.redis.pool1.server = 10.0.0.2:6379`,
  good: 'backend.redis.pool1.server = 10.0.0.2:6379',
  *find(symbols) {
    for (const { setting: { key }, words, target, repeatedBy } of symbols.settings) {
      if (repeatedBy === undefined || target === undefined || isSamePlace(repeatedBy.key.span, key.span)) continue
      const { span } = repeatedBy.key
      yield {
        span: key.span, message: `\`${words.join('.')}\` is set again on ${lineBeside(span, key.span)}; the last one counts`, hint: 'delete one of them',
        fix: { title: 'delete this line', edits: [linesRemoved(symbols, key.span)] },
        related: [{ span, message: 'this one counts' }],
      }
    }
  },
}
