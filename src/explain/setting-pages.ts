import { misprintsOf } from '../check/misprint.ts'
import { POOL_OPTIONS } from '../language/pool-options.ts'
import { DEFAULT_LISTENERS, listenerKey } from '../language/settings.ts'
import { SETTINGS, type SettingRow } from '../language/setting-table.ts'
import { listenAddress } from '../language/values.ts'
import type { Page } from './page.ts'

const USER_WORDS: Readonly<Record<string, string>> = { '<name>': 'external', '<pool>': 'pool1' }

export const POOL_OPTION_PAGES: readonly Page[] = Object.entries<SettingRow<unknown>>(POOL_OPTIONS)
  .map(([option, row]) => settingPage('pool option', [`backend.redis.<pool>.${option}`], row))

/** One for each row; keys that share one, such as the limits of listeners, share the page. */
export const SETTING_PAGES: readonly Page[] = [...keysByRow()].map(([row, keys]) => settingPage('setting', keys, row))

function keysByRow(): ReadonlyMap<SettingRow<unknown>, readonly string[]> {
  const keys = new Map<SettingRow<unknown>, string[]>()
  for (const [key, row] of Object.entries<SettingRow<unknown>>(SETTINGS)) keys.set(row, [...keys.get(row) ?? [], key])
  return keys
}

function settingPage(kind: 'pool option' | 'setting', keys: readonly string[], row: SettingRow<unknown>): Page {
  const [name = '', ...others] = keys
  const words = name.split('.')
  const misprints = misprintsOf(name)
  return {
    kind, name,
    // the shorter ones are what people call it
    spellings: [...others, ...misprints, ...words.slice(1).map((_, i) => words.slice(i + 1).join('.')).filter(short => !/^<\w+>$/.test(short))],
    summary: row.summary,
    facts: [
      ['takes', row.value.expects],
      ['default', defaultOf(name, row) ?? 'none'],
      ...others.length > 0 ? [['also', others.map(key => `\`${key}\``).join(', ')] as const] : [],
      ...misprints.length > 0 ? [['in old manuals', misprints.map(key => `\`${key}\``).join(', ')] as const] : [],
      ...row.unbuilt === undefined ? [] : [['not built yet', 'it has no effect so far'] as const],
    ],
    doc: row.doc ?? '',
    examples: [{ title: 'example', text: `${name.replace(/<\w+>/, word => USER_WORDS[word] ?? word)} = ${row.example}` }],
  }
}

function defaultOf(key: string, { value, default: fallback }: SettingRow<unknown>): string | undefined {
  const written = fallback === undefined ? '' : value.write(fallback)
  if (written !== '') return `\`${written}\``
  const listener = DEFAULT_LISTENERS.find(it => listenerKey({ ...it, name: '<name>' }) === key)
  return listener === undefined ? undefined : `\`${listener.name}\` is \`${listenAddress.write(listener.address)}\``
}
