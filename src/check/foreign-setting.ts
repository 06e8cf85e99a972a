import type { Check } from './check.ts'

export const foreignSetting: Check = {
  name: 'foreign-setting',
  severity: 'warning',
  doc: "A setting of EMQ X's broker that hookline does not have is read over, so that its files load.",
  bad: 'zone.external.idle_timeout = 15s',
  good: '# zone.external.idle_timeout = 15s',
  *find({ settings, misprints }) {
    for (const { setting, words, foreign, isVariable } of settings) {
      const { key } = setting
      if (!foreign || misprints.some(misprint => misprint.setting === setting)) continue
      yield {
        span: key.span, message: `\`${words.join('.')}\` is a setting of EMQ X's broker that hookline does not have; it has no effect`,
        hint: isVariable ? 'unset the variable' : 'delete the line, or put `#` before it',
      }
    }
  },
}
