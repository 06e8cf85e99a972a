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
        hint: isVariable ? 'unset the variable' : ourName(words) ?? 'delete the line, or put `#` before it',
      }
    }
  },
}

/** What is called otherwise here, of listeners. EMQ X asks no client for a certificate unless `verify` says so too. */
const OUR_NAMES: Readonly<Record<string, (listener: string) => string>> = {
  mqtt_path: listener => `write \`${listener}.path\``,
  cacertfile: listener => `write \`${listener}.cafile\` if clients must show a certificate; else delete the line`,
}

function ourName([section, kind = '', name = '', option = '', ...more]: readonly string[]): string | undefined {
  if (section !== 'listener' || more.length > 0) return undefined
  return OUR_NAMES[option]?.(`listener.${kind}.${name}`)
}
