import type { Source } from '../diagnostic/source.ts'
import type { Line, RuleFile } from './ast.ts'
import { parse } from './parse.ts'
import type { ParseCache } from './parse-cache.ts'

/**
 * The files in the order in which their lines are read: one that includes others is cut behind the
 * include, and they stand between its parts. Its faults are those of its first part.
 */
export function readFiles(sources: readonly Source[], cache?: ParseCache): readonly RuleFile[] {
  return sources.flatMap(source => unfold(parse(source, cache), cache))
}

function unfold(file: RuleFile, cache: ParseCache | undefined): readonly RuleFile[] {
  const parts: RuleFile[] = []
  let lines: Line[] = []
  for (const line of file.lines) {
    lines.push(line)
    const inclusion = line.kind === 'include' ? file.origin.includes?.find(({ path }) => path === line.path) : undefined
    if (inclusion?.kind !== 'read') continue
    parts.push({ ...file, lines }, ...readFiles(inclusion.sources, cache))
    lines = []
  }
  const [first, ...others] = [...parts, { ...file, lines }]
  return first === undefined ? [] : [first, ...others.map(part => part.origin === file.origin ? { ...part, faults: [], broken: [], removed: [] } : part)]
}
