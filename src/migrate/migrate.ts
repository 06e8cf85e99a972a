import { resolve } from '../check/symbols.ts'
import { applyEdits } from '../diagnostic/apply-fixes.ts'
import type { Source } from '../diagnostic/source.ts'
import { formatting } from '../syntax/format.ts'
import { parse } from '../syntax/parse.ts'
import { print } from '../syntax/print.ts'
import { readFiles } from '../syntax/read-files.ts'
import type { EnvironmentFile } from './environment-file.ts'
import type { Entry } from './report.ts'
import { rowsOf } from './row.ts'
import { straightQuotes } from './straight-quotes.ts'
import { aroundIn, turnRow } from './turn-row.ts'
import { entryOf, type Turned } from './turned.ts'
import { withoutErrors } from './without-errors.ts'

/** What is to be migrated: a file, variables, or both, which are read after it. */
export interface MigrateInput {
  readonly file?: Source | undefined
  /** Lines of the file, from 1, that were no UTF-8 and are read as Latin-1, which is what EMQ X took. */
  readonly latin?: ReadonlySet<number> | undefined
  readonly environment?: EnvironmentFile | undefined
}

export interface Migration {
  /** The file as hookline would write it. */
  readonly text: string
  /** Line by line, in the order of the sources. */
  readonly entries: readonly Entry[]
}

/**
 * Rules files of EMQ X as one file that hookline runs: today's forms and names, what has no effect
 * behind a `#`, comments kept. What it means is what the files mean here, but for what the entries say.
 * Migrated again, it stays as it is. Pure; never throws for what the texts hold.
 */
export function migrate({ file, latin, environment }: MigrateInput): Migration {
  const straight = [file, environment?.source].flatMap(source => source === undefined ? [] : straightQuotes(source))
  const sources = straight.map(({ source }) => source)
  const around = aroundIn(resolve(readFiles(sources)))
  const turned = straight.flatMap(({ source, straightened }) => {
    const isEnvironment = source.name === environment?.source.name
    const rows = rowsOf(source, parse(source)).filter(({ line }) => !isEnvironment || line?.kind !== 'blank')
    return rows.map((row) => {
      const within = (lines: { has(line: number): boolean } | undefined): boolean => lines !== undefined && row.text.some((_, i) => lines.has(row.first + i))
      const changes = [
        ...within(straightened) ? ['typographic quotes'] : [],
        ...!isEnvironment && within(latin) ? ['it was Latin-1, and is UTF-8'] : [],
        ...isEnvironment && within(environment.names) ? [`it was the variable \`${environment.names.get(row.first)}\``] : [],
      ]
      return withChanges(turnRow(around, row, isEnvironment ? undefined : environment), changes)
    })
  })
  const able = withoutErrors(turned, sources)
  const ofVariables = [...able.flatMap(({ row, entries }) => row.file === environment?.source.name ? entries : []), ...environment === undefined ? [] : variableEntries(environment)]
  const entries = [...able.flatMap(it => it.row.file === environment?.source.name ? [] : it.entries), ...ofVariables.sort((a, b) => a.line - b.line)]
  return { text: canonical(print({ lines: able.flatMap(({ lines }) => lines) })), entries }
}

/** As `hookline fmt` would leave it. */
function canonical(text: string): string {
  return applyEdits(text, formatting(parse({ name: 'migrated', text })))
}

function withChanges({ row, lines, entries }: Turned, changes: readonly string[]): Turned {
  if (changes.length === 0) return { row, lines, entries }
  const key = entries[0]?.key ?? 'a comment'
  return { row, lines, entries: [...changes.map(why => entryOf(row, 'changed', key, why)), ...entries.filter(({ outcome }) => outcome !== 'same')] }
}

/** Of the variables that become no line. */
function variableEntries({ source: { name: file }, removed, others }: EnvironmentFile): readonly Entry[] {
  return [
    ...Array.from(removed, ([key, { name, line }]) => ({ file, line, outcome: 'changed' as const, key: name, why: `it is empty, which removes \`${key}\`` })),
    ...Array.from(others, ([line, key]) => ({ file, line, outcome: 'not supported' as const, key, why: 'it names no setting' })),
  ]
}
