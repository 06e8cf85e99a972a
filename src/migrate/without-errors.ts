import { compile } from '../compile.ts'
import type { Source } from '../diagnostic/source.ts'
import { parse } from '../syntax/parse.ts'
import { keyText, print } from '../syntax/print.ts'
import { behindHash, entryOf, type Turned } from './turned.ts'

/** Errors that are about the world around the file: they may be none where it runs. */
const OF_THE_WORLD: ReadonlySet<string> = new Set(['env-unset', 'file-missing', 'include-missing', 'include-cycle'])

/** What hookline refuses to load is put behind `#`, until there is nothing left that it refuses. */
export function withoutErrors(all: readonly Turned[], sources: readonly Source[]): readonly Turned[] {
  const references = sources.flatMap(source => source.references ?? [])
  const includes = sources.flatMap(source => source.includes ?? [])
  let rows = all.map(markUnreadable(sources))
  for (;;) {
    const printed = rows.map(({ lines }) => print({ lines }))
    const { diagnostics } = compile([{ name: 'migrated', text: printed.join(''), references, ...includes.length > 0 && { includes } }], { unsetEnv: 'warning', plan: false })
    const errors = diagnostics.filter(({ severity, check, span }) => severity === 'error' && !OF_THE_WORLD.has(check) && span.file === 'migrated')
    const starts = startsOf(printed)
    const refused = new Map(errors.map(error => [rowAt(starts, error.span.start.line), error]))
    if (refused.size === 0) return rows
    rows = rows.map((it, i) => {
      const error = refused.get(i)
      return error === undefined ? it : refusedRow(it, `${error.message}${error.hint === undefined ? '' : `: ${error.hint}`}`)
    })
  }
}

/** Each line that cannot be read says why, as far as the parser knows. */
function markUnreadable(sources: readonly Source[]): (turned: Turned) => Turned {
  const faults = sources.flatMap(source => parse(source).faults)
  return (it) => {
    if (it.row.line !== undefined) return it
    const fault = faults.find(({ span }) => span.file === it.row.file && span.start.line === it.row.first)
    return refusedRow(it, fault === undefined ? 'a part of what cannot be read above' : `${fault.message}${fault.hint === undefined ? '' : `: ${fault.hint}`}`)
  }
}

function refusedRow({ row, entries }: Turned, why: string): Turned {
  const key = entries[0]?.key ?? (row.line?.kind === 'setting' || row.line?.kind === 'rule' ? keyText(row.line.key) : '')
  return { row, lines: behindHash(row), entries: [...entries.filter(({ outcome }) => outcome === 'to decide'), entryOf(row, 'to decide', key, `hookline refuses it: ${why}`)] }
}

/** The number of the first line of each. */
function startsOf(texts: readonly string[]): readonly number[] {
  let next = 1
  return texts.map((text) => {
    const start = next
    next += text.split('\n').length - 1
    return start
  })
}

function rowAt(starts: readonly number[], line: number): number {
  return starts.findLastIndex((start, i) => start <= line && (starts[i + 1] ?? Infinity) > line)
}
