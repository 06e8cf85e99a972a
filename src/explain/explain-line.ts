import { resolve as resolveNames, type Symbols } from '../check/symbols.ts'
import { compile } from '../compile.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { withIncluded, type Source } from '../diagnostic/source.ts'
import { lineText, sourceText } from '../diagnostic/source-text.ts'
import { readFiles } from '../syntax/read-files.ts'
import type { LineFacts, LineStory } from './line.ts'
import { ruleFacts } from './rule-facts.ts'
import { settingFacts } from './setting-facts.ts'

/** A line of one of the sources, by its name. */
export interface LineAt {
  readonly file: string
  /** From 1. */
  readonly line: number
}

/**
 * What a line of rules files says, in plain words; of an object that runs over several lines, any
 * of them. Undefined if the file ends before it.
 */
export function explainLine(sources: readonly Source[], at: LineAt): LineStory | undefined {
  const source = withIncluded(sources).find(({ name }) => name === at.file)
  const count = source === undefined ? 0 : sourceText(source).lineStarts.length
  if (source === undefined || at.line < 1 || at.line > count) return undefined
  const symbols = resolveNames(readFiles(sources))
  const facts = factsAt(symbols, source, at)
  const { start, end } = facts.span
  const findings = compile(sources, { unsetEnv: 'warning', plan: false }).diagnostics
    .filter(({ span }) => span.file === at.file && start.line <= span.start.line && span.start.line <= end.line)
  return { ...facts, findings }
}

function factsAt(symbols: Symbols, source: Source, at: LineAt): LineFacts {
  const holds = ({ file, start, end }: Span): boolean => file === at.file && start.line <= at.line && at.line <= end.line
  const reaches = ({ key, value }: { readonly key: { readonly span: Span }, readonly value: { readonly span: Span } }): boolean =>
    holds({ file: key.span.file, start: key.span.start, end: value.span.end })
  const rule = symbols.rules.find(symbol => reaches(symbol.rule))
  if (rule !== undefined) return ruleFacts(symbols, rule)
  const setting = symbols.settings.find(symbol => reaches(symbol.setting))
  if (setting !== undefined) return settingFacts(symbols, setting)
  const stray = symbols.strays.find(reaches)
  if (stray !== undefined) return { span: { file: stray.key.span.file, start: stray.key.span.start, end: stray.value.span.end }, title: 'an object, and its key is that of no rule', facts: [] }
  const include = symbols.includes.find(symbol => holds(symbol.include.span))
  if (include !== undefined) return includeFacts(include)
  return commentFacts(symbols, source, at)
}

function includeFacts({ include: { path, span }, inclusion }: Symbols['includes'][number]): LineFacts {
  const read = inclusion?.kind === 'read' ? inclusion.sources.map(({ name }) => `\`${name}\``) : []
  return { span, title: `the include of ${path}`, facts: [['reads', read.length > 0 ? [`in the place of this line, ${read.join(', ')}`] : ['nothing']]] }
}

function commentFacts(symbols: Symbols, source: Source, { file, line }: LineAt): LineFacts {
  const text = lineText(sourceText(source), line)
  const place = { line, column: 1, offset: 0 }
  const span = { file, start: place, end: place }
  if (text.trim() === '') return { span, title: 'an empty line', facts: [] }
  const ignore = symbols.ignores.find(({ span: { file: of, start } }) => of === file && start.line === line)
  if (ignore !== undefined) {
    const names = ignore.names.map(({ text: name }) => `\`${name}\``).join(' and ')
    const where = typeof ignore.before === 'object' ? ` on line ${ignore.before.start.line}` : ''
    return { span, title: 'a comment for lint', facts: [['says', [`${names === '' ? 'nothing' : names} is meant${where}`]], ['reason', [ignore.reason ?? 'none, so it has no effect']]] }
  }
  if (!/^\s*#/.test(text)) return { span, title: 'a line that cannot be read', facts: [] }
  const next = lineBelow(source, line)
  return { span, title: 'a comment', facts: [['says', ['nothing to hookline, which reads over it']], ['stands over', next === undefined ? [] : [`line ${next}`]]] }
}

/** The first line below that is no comment, if no empty one comes before it. */
function lineBelow(source: Source, line: number): number | undefined {
  const text = sourceText(source)
  for (let next = line + 1; next <= text.lineStarts.length; next += 1) {
    const below = lineText(text, next).trim()
    if (!below.startsWith('#')) return below === '' ? undefined : next
  }
  return undefined
}
