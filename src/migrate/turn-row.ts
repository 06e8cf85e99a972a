import { currentRules, type RuleSymbol, type SettingSymbol, type Symbols } from '../check/symbols.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { compareRuleNumbers } from '../language/rule-number.ts'
import type { Key, Line } from '../syntax/ast.ts'
import { keyText } from '../syntax/print.ts'
import type { EnvironmentFile } from './environment-file.ts'
import type { Outcome } from './report.ts'
import { rewriteRule, type Rewritten } from './rewrite-rule.ts'
import { impliedBy, rewriteSetting } from './rewrite-setting.ts'
import type { Row } from './row.ts'
import { behindHash, entryOf, type Turned } from './turned.ts'

/** All lines, to be found by where they stand. */
export interface Around {
  readonly symbols: Symbols
  readonly settingAt: ReadonlyMap<string, SettingSymbol>
  readonly ruleAt: ReadonlyMap<string, RuleSymbol>
}

export function aroundIn(symbols: Symbols): Around {
  return {
    symbols,
    settingAt: new Map(symbols.settings.map(symbol => [placeOf(symbol.setting.key.span), symbol])),
    ruleAt: new Map(symbols.rules.map(symbol => [placeOf(symbol.rule.key.span), symbol])),
  }
}

/** A row as hookline would write it. `environment`: what comes after its file. */
export function turnRow(around: Around, row: Row, environment: EnvironmentFile | undefined): Turned {
  const { line } = row
  if (line === undefined) return { row, lines: behindHash(row), entries: [] } // why it cannot be read, the checks say
  switch (line.kind) {
    case 'blank':
    case 'comment': return { row, lines: [line], entries: [] }
    case 'include': return { row, lines: [line], entries: [entryOf(row, 'same', `include ${line.path}`, 'its files are to be migrated too')] }
    case 'setting':
    case 'rule': {
      const key = keyText(line.key)
      const remover = environment?.removed.get(line.key.words.map(({ text }) => text).join('.'))
      if (remover !== undefined) return { row, lines: behindHash(row), entries: [entryOf(row, 'changed', key, `the variable \`${remover.name}\` removes it`)] }
      return line.kind === 'setting' ? turnSetting(around, row, line.key) : turnRule(around, row, line.key)
    }
    default: return line satisfies never
  }
}

function turnSetting({ symbols, settingAt }: Around, row: Row, key: Key): Turned {
  const symbol = settingAt.get(placeOf(key.span))
  if (symbol === undefined) return { row, lines: row.line === undefined ? [] : [row.line], entries: [] }
  if (symbol.repeatedBy !== undefined && symbol.target !== undefined) return repeated(row, key, symbol)
  const implied = impliedBy(symbols, symbol)
  if (implied !== undefined) return { row, lines: behindHash(row), entries: [entryOf(row, 'changed', keyText(key), `\`${implied}\` says so here`)] }
  const rewritten = rewriteSetting(symbols, symbol)
  if (rewritten !== undefined) return turned(row, key, rewritten)
  // what nobody knows, the checks say
  const isMisprint = symbols.misprints.some(({ setting }) => setting === symbol.setting)
  if (!symbol.foreign && !isMisprint) return { row, lines: row.line === undefined ? [] : [row.line], entries: [] }
  const why = isMisprint ? 'it names no pool, and there is none that lacks it' : "a setting of EMQ X's broker that hookline does not have"
  return { row, lines: behindHash(row), entries: [entryOf(row, 'not supported', keyText(key), why)] }
}

function turnRule({ symbols, ruleAt }: Around, row: Row, key: Key): Turned {
  const symbol = ruleAt.get(placeOf(key.span))
  if (symbol === undefined) return { row, lines: row.line === undefined ? [] : [row.line], entries: [] }
  if (symbol.repeatedBy !== undefined) return repeated(row, key, symbol, `if both are meant, give one of them the number ${freeNumber(symbols, symbol)}`)
  return turned(row, key, rewriteRule(symbol))
}

function turned(row: Row, key: Key, { lines, changes, decisions }: Rewritten<Line>): Turned {
  const said = [...changes.map(why => ['changed', why] as const), ...decisions.map(why => ['to decide', why] as const)]
  return { row, lines, entries: said.length === 0 ? [entryOf(row, 'same', keyText(key))] : said.map(([outcome, why]) => entryOf(row, outcome, keyText(key), why)) }
}

/** A line that another takes the place of: it never had an effect. That a variable does so is meant. */
function repeated(row: Row, key: Key, { repeatedBy }: SettingSymbol | RuleSymbol, hint?: string): Turned {
  const span = repeatedBy?.key.span
  const [outcome, why]: [Outcome, string] = span === undefined || span.file === row.file
    ? ['to decide', `the same key comes again on line ${span?.start.line ?? row.first}, and only the last one counts, as in EMQ X${hint === undefined ? '' : `; ${hint}`}`]
    : ['changed', `a variable takes its place, on line ${span.start.line} of ${span.file}`]
  return { row, lines: behindHash(row), entries: [entryOf(row, outcome, keyText(key), why)] }
}

function freeNumber(symbols: Symbols, { hook, hookText }: RuleSymbol): number {
  const numbers = currentRules(symbols).filter(rule => (rule.hook ?? rule.hookText) === (hook ?? hookText)).map(({ number }) => number ?? '')
  return Number(numbers.filter(number => /^\d{1,9}$/.test(number)).sort(compareRuleNumbers).at(-1) ?? 0) + 1
}

function placeOf({ file, start }: Span): string {
  return `${start.offset} ${file}`
}
