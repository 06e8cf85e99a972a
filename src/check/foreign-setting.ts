import { isForeign } from '../language/foreign-settings.ts'
import type { Check } from './check.ts'
import { misprintOf } from './misprint.ts'

export const foreignSetting: Check = {
  name: 'foreign-setting',
  severity: 'warning',
  doc: "A setting of EMQ X's broker that hookline does not have is read over, so that its files load.",
  bad: 'zone.external.idle_timeout = 15s',
  good: '# zone.external.idle_timeout = 15s',
  *find({ settings }) {
    for (const { setting: { key }, words, target } of settings) {
      if (target !== undefined || !isForeign(words) || misprintOf(words) !== undefined) continue
      yield {
        span: key.span, message: `\`${words.join('.')}\` is a setting of EMQ X's broker that hookline does not have; it has no effect`,
        hint: 'delete the line, or put `#` before it',
      }
    }
  },
}
