import type { SettingSymbol, Symbols } from '../check/symbols.ts'
import { settingNamed } from '../language/setting-table.ts'
import type { Setting } from '../syntax/ast.ts'
import { keyText } from '../syntax/print.ts'
import type { Rewritten } from './rewrite-rule.ts'

/** A setting under today's name; undefined if hookline has none for it. */
export function rewriteSetting(symbols: Symbols, symbol: SettingSymbol): Rewritten<Setting> | undefined {
  const { setting, target } = symbol
  const misprint = symbols.misprints.find(({ setting: other }) => other === setting)
  if (misprint !== undefined && misprint.pools.length > 0) {
    const lines = misprint.pools.map(pool => withKey(setting, ['backend', 'redis', pool, 'sentinel']))
    return { lines, changes: [`a misprint of old manuals, now ${lines.map(({ key }) => `\`${keyText(key)}\``).join(' and ')}`], decisions: [] }
  }
  if (target !== undefined) return { lines: [setting], changes: [], decisions: decisionsOn(symbol) }
  const renamed = renamedWords(symbols, symbol)
  return renamed === undefined ? undefined : { lines: [withKey(setting, renamed)], changes: [`now \`${renamed.join('.')}\``], decisions: [] }
}

/** Settings of a listener that are called otherwise here. */
const RENAMED: Readonly<Partial<Record<string, string>>> = { mqtt_path: 'path', max_clients: 'max_connections', cacertfile: 'cafile' }

/** The key that it has here, unless that is set too. */
function renamedWords({ settings, current }: Symbols, { words }: SettingSymbol): readonly string[] | undefined {
  const [section = '', kind = '', name = '', option = '', ...more] = words
  const today = Object.hasOwn(RENAMED, option) ? RENAMED[option] : undefined
  if (section !== 'listener' || today === undefined || more.length > 0) return undefined
  const renamed = [section, kind, name, today]
  if (settingNamed(renamed) === undefined || current.has(renamed.join('.'))) return undefined
  return today === 'cafile' && !asksClients(settings, `listener.${kind}.${name}`) ? undefined : renamed
}

/** EMQ X asks clients for a certificate only if two settings beside that of the file say so. */
const ASKS: Readonly<Partial<Record<string, string>>> = { verify: 'verify_peer', fail_if_no_peer_cert: 'true' }

function asksClients(settings: Symbols['settings'], listener: string): boolean {
  return Object.entries(ASKS).every(([option, value]) => settings.some(({ words, setting }) => words.join('.') === `${listener}.${option}` && setting.value.text === value))
}

/** The setting of today that says what this one says; undefined if it is on its own. */
export function impliedBy({ settings }: Symbols, { words }: SettingSymbol): string | undefined {
  const listener = words.slice(0, 3).join('.')
  const isAsking = words[0] === 'listener' && words.length === 4 && Object.hasOwn(ASKS, words[3] ?? '') && asksClients(settings, listener)
  return isAsking && settings.some(({ words: of }) => of.join('.') === `${listener}.cacertfile`) ? `${listener}.cafile` : undefined
}

function withKey(setting: Setting, words: readonly string[]): Setting {
  const { span } = setting.key
  return { ...setting, key: { words: words.map(text => ({ text, span })), span } }
}

function decisionsOn({ target, setting: { value } }: SettingSymbol): readonly string[] {
  if (target?.kind !== 'general') return []
  if (target.key === 'backend.redis.msg.expired_after' && Number(value.text) <= 0) {
    return ['EMQ X kept what it stored for a default time that its manuals do not say; here it is kept for ever']
  }
  if (/^listener\.\w+\.<name>$/.test(target.key) && /^[1-9]\d*$/.test(value.text)) {
    return [`a bare port listens on 127.0.0.1 only, in EMQ X it listened everywhere; write \`0.0.0.0:${value.text}\` if that is meant`]
  }
  return []
}
