import { lineBeside, ruleName } from '../check/check.ts'
import { misprintOf } from '../check/misprint.ts'
import { currentRules, type SettingSymbol, type Symbols } from '../check/symbols.ts'
import { withoutSecrets } from '../diagnostic/render/secret.ts'
import { rowOf } from '../language/setting-table.ts'
import { keyText, scalarText } from '../syntax/print.ts'
import { findPages } from './find-pages.ts'
import type { LineFacts } from './line.ts'

/** What a setting says: its row, and where it counts. */
export function settingFacts(symbols: Symbols, symbol: SettingSymbol): LineFacts {
  const { setting: { key, value }, target, words } = symbol
  const [page] = target === undefined && misprintOf(words) === undefined ? [] : findPages(words.join('.'))
  const facts: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    ['no effect', [overridden(symbol)]],
    ['is', [page?.summary ?? 'no setting of hookline']],
    ['written', [writtenValue(symbol)]],
    ['default', [page?.facts.find(([label]) => label === 'default')?.[1]]],
    ['note', [page === undefined || page.doc === '' ? undefined : page.doc]],
    ['used by', [usersOf(symbols, symbol)]],
  ]
  return {
    span: { file: key.span.file, start: key.span.start, end: value.span.end },
    title: `the setting ${keyText(key)}`,
    facts: facts.map(([label, clauses]) => [label, clauses.filter(clause => clause !== undefined)] as const),
  }
}

function overridden({ repeatedBy, words, setting: { key } }: SettingSymbol): string | undefined {
  return repeatedBy === undefined ? undefined : `\`${words.join('.')}\` is set again on ${lineBeside(repeatedBy.key.span, key.span)}, and the last line with a key counts`
}

/** As it stands there, without what may be a secret; nothing where nobody knows what kind of value it is. */
function writtenValue({ setting: { key, value }, target }: SettingSymbol): string | undefined {
  if (target === undefined) return undefined
  const text = scalarText(value)
  const shown = withoutSecrets(`${keyText(key)} = ${text}`).slice(keyText(key).length + 3)
  return `\`${shown}\`${rowOf(target).value.read(value.text) === undefined && value.missing === undefined ? `, which is not ${rowOf(target).value.expects}` : ''}`
}

/** The rules that work in the pool that a line is about. */
function usersOf(symbols: Symbols, { target }: SettingSymbol): string | undefined {
  if (target?.kind !== 'pool') return undefined
  const rules = currentRules(symbols).filter(({ pool }) => pool?.value === target.pool)
  return rules.length === 0 ? 'no rule' : rules.map(rule => `\`${ruleName(rule)}\``).join(', ')
}
