import type { Span } from '../diagnostic/diagnostic.ts'
import { lengthOf, LineSpan, partOfSpan, type LineStart } from '../diagnostic/line-span.ts'
import type { ForeignByte, Source } from '../diagnostic/source.ts'
import { lineText, sourceText, spanOf, type SourceText } from '../diagnostic/source-text.ts'
import type { CommandField, Comment, Fault, JsonString, Key, Line, Rule, RuleFile, Stretch } from './ast.ts'
import { commandFault, foreignByteFault, foreignFileFault, jsonFault, lineFault, scalarFault } from './fault.ts'
import { parseQuickly, parseShape } from './grammar.ts'
import { movedRule } from './moved-rule.ts'
import { scanObject } from './object-end.ts'
import type { ParseCache } from './parse-cache.ts'
import { variableKey } from './variable-key.ts'

/** Brackets within brackets; a rule needs three. */
const MAX_DEPTH = 32

/** A line that begins like a setting or an include: no object runs over it (SPEC 1). */
const BEGINS_ANOTHER = /^[ \t]*(?:(?:[\w@/:-]|\\\.)+(?:\.(?:[\w@/:-]|\\\.)+)*[ \t]*=|include[ \t])/
/** It may be a rule. */
const BEGINS_RULE = /^[ \t]*backend\.redis\.(?:hook|rule)\./
const BLANK_OR_COMMENT = /^[ \t]*(?:#|\r?$)/

/**
 * Reads a rules file, each line on its own: one that cannot be read becomes a fault and hides
 * nothing of the others. Never throws for what the text holds.
 */
export function parse(source: Source, cache?: ParseCache): RuleFile {
  // Half of a surrogate pair is no text in UTF-8; who reads a file never gets one.
  const file = sourceText({ name: source.name, text: source.text.replace(/\p{Surrogate}/gu, '\uFFFD') })
  const lines: Line[] = []
  const faults: Fault[] = []
  const broken: Key[] = []
  const removed: Key[] = []
  const stretches: Stretch[] = []
  const ruleFile = { source: file, origin: source, lines, stretches, faults, broken, removed }
  if (source.foreign === 'UTF-16') return { ...ruleFile, faults: [foreignFileFault(spanOf(file, 0, 1))] }
  // What follows the last end of line is no line.
  const count = file.lineStarts.length - (/(?:^|\n)$/.test(source.text) ? 1 : 0)
  for (let number = 1; number <= count;) {
    const read = readLine(file, number, { ofEnvironment: source.kind === 'environment', cache })
    const bytes = foreignBytes(file, source.foreign ?? [], { from: number, to: read.next })
    // In a comment they do no harm.
    const foreign = bytes.find(({ offset }) => !BLANK_OR_COMMENT.test(lineText(file, spanOf(file, offset, offset).start.line)))
    const fault = foreign === undefined ? read.fault : foreignByteFault(foreign, spanOf(file, foreign.offset, foreign.offset + 1))
    if (read.line !== undefined) lines.push(read.line)
    if (fault !== undefined) faults.push(fault)
    if (read.broken !== undefined) broken.push(read.broken)
    if (read.removed !== undefined) removed.push(read.removed)
    stretches.push({ from: number, to: read.next, line: read.fault === undefined && bytes.length === 0 ? read.line : undefined })
    number = read.next
  }
  return ruleFile
}

/** The bytes that are no UTF-8 among those of lines, from `from` up to, not including, `to`. All are in their order. */
function foreignBytes(file: SourceText, foreign: readonly ForeignByte[], { from, to }: { readonly from: number, readonly to: number }): readonly ForeignByte[] {
  if (foreign.length === 0) return []
  const start = file.lineStarts[from - 1] ?? 0
  const end = file.lineStarts[to - 1] ?? Infinity
  let low = 0
  for (let high = foreign.length; low < high;) {
    const middle = (low + high) >>> 1
    if ((foreign[middle]?.offset ?? 0) < start) low = middle + 1
    else high = middle
  }
  let next = low
  while ((foreign[next]?.offset ?? Infinity) < end) next += 1
  return foreign.slice(low, next)
}

/** Splits a command of a rule into its fields. The text is never empty of fields: at least one is there, maybe empty. */
export function parseCommand(command: JsonString, cache?: ParseCache): readonly CommandField[] | Fault {
  const span = (start: number, end: number): Span => partOf(command, start, end)
  const parsed = parseShape('Command', command.value, span, cache)
  return parsed.ok ? parsed.value : commandFault(command.value, parsed.failure, span)
}

/** The place of a part of a text's value, by UTF-16 units of the value. */
export function partOf({ span, starts, value }: JsonString, start: number, end: number): Span {
  const closing = lengthOf(span) - 1
  const distance = (unit: number): number => unit >= value.length ? closing : starts?.[unit] ?? unit + 1
  return partOfSpan(span, distance(start), distance(end))
}

interface Read {
  readonly line?: Line
  readonly fault?: Fault
  readonly broken?: Key
  readonly removed?: Key
  /** The number of the line that follows. */
  readonly next: number
}

interface Reading {
  readonly ofEnvironment: boolean
  readonly cache: ParseCache | undefined
}

function readLine(file: SourceText, number: number, { ofEnvironment, cache }: Reading): Read {
  const next = number + 1
  const text = lineText(file, number)
  const begin = file.lineStarts[number - 1] ?? 0
  const at: LineStart = { file: file.name, line: number, offset: begin }
  const span = (start: number, end: number): Span => new LineSpan(at, start, end)
  const rule = ofEnvironment ? undefined : ruleAt(text, at, cache)
  if (rule !== undefined) return { line: rule, next }
  const parsed = parseShape('Line', text, span, cache)
  if (!parsed.ok) return { fault: lineFault(text, parsed.failure, span), next }
  if (parsed.value.kind !== 'assignment') return { line: parsed.value, next }
  const { valueAt } = parsed.value
  const key = ofEnvironment ? variableKey(parsed.value.key) : parsed.value.key
  const value = text.slice(valueAt).trimEnd()
  if (value === '' && ofEnvironment) return { removed: key, next }
  if (value === '') {
    const fault: Fault = { check: 'syntax', span: key.span, message: 'nothing stands after the `=`', hint: 'write a value, or delete the line' }
    return { fault, broken: key, next }
  }
  if (takesObject(key, value)) return readRule(file, number, { key, valueAt: begin + valueAt, cache })
  const valueSpan = (start: number, end: number): Span => span(valueAt + start, valueAt + end)
  const scalar = parseShape('Scalar', value, valueSpan, cache)
  if (!scalar.ok) return { fault: scalarFault(value, scalar.failure, valueSpan), broken: key, next }
  return { line: { kind: 'setting', key, value: { text: value, parts: scalar.value, span: valueSpan(0, value.length) } }, next }
}

/** A rule that stands in one line, as nearly all do. What is none, or has a mistake, is left to who reads it part by part. */
function ruleAt(text: string, at: LineStart, cache: ParseCache | undefined): Rule | undefined {
  if (!BEGINS_RULE.test(text) || bracketsIn(text) > MAX_DEPTH) return undefined
  if (cache === undefined) return ruleIn(text, at)
  const key = `Rule ${text}`
  const known = cache.get(key) as Rule | undefined // what is put in below
  // Parts of the key, not of the line: V8 keeps a whole file for a part of it.
  const rule = known === undefined ? ruleIn(key.slice('Rule '.length), at) : movedRule(known, at)
  // The same object as long as the line stays where it is: what else is made of it can stay too.
  if (rule !== undefined && rule !== known) cache.set(key, rule)
  return rule
}

function ruleIn(text: string, at: LineStart): Rule | undefined {
  const parsed = parseQuickly('RuleLine', text, (start, end) => new LineSpan(at, start, end))
  return parsed !== undefined && takesObject(parsed.key, '{') ? { kind: 'rule', key: parsed.key, value: parsed.value, comments: [] } : undefined
}

/** As many as there are, also in texts: it is at most so deep. */
function bracketsIn(text: string): number {
  let count = 0
  for (const bracket of ['{', '[']) for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) count += 1
  return count
}

/** A rule, or what is likely to be one with a mistake in its key: no setting's key is that long. */
function takesObject({ words }: Key, value: string): boolean {
  const [first, second, third] = words
  if (first?.text !== 'backend') return false
  if (second?.text === 'redis' && words.length > 3 && (third?.text === 'hook' || third?.text === 'rule')) return true
  return words.length > 4 && value.startsWith('{')
}

function readRule(file: SourceText, number: number, { key, valueAt, cache }: { readonly key: Key, readonly valueAt: number, readonly cache: ParseCache | undefined }): Read {
  const { text, comments, scan, next } = gatherObject(file, number, valueAt)
  const span = (start: number, end: number): Span => spanOf(file, valueAt + start, valueAt + end)
  if (scan.depth > MAX_DEPTH) {
    const fault: Fault = {
      check: 'syntax', span: span(0, 1), message: `an object within an object, more than ${MAX_DEPTH} deep`,
      hint: 'write {"topic": .., "action": {..}, "pool": ..}',
    }
    return { fault, broken: key, next }
  }
  const parsed = parseShape('Json', text, span, cache)
  if (!parsed.ok) return { fault: jsonFault({ text, failure: parsed.failure, open: scan.open, span }), broken: key, next }
  return { line: { kind: 'rule', key, value: parsed.value, comments }, next }
}

/**
 * The text of an object that may run over several lines, as long as in the file: comment lines
 * inside it are blanked out.
 */
function gatherObject(file: SourceText, number: number, valueAt: number) {
  const scan = scanObject()
  const comments: Comment[] = []
  let last = number
  /** The last line that is no comment: what follows it is the object's only if the object goes on. */
  let lastOwn = number
  let text = lineFrom(file, number, valueAt)
  scan.take(text, 0)
  while (!scan.balanced && last < file.lineStarts.length) {
    const line = lineText(file, last + 1)
    if (BEGINS_ANOTHER.test(line)) break
    const start = file.lineStarts[last] ?? file.text.length
    // The end of the line before, as it is in the file.
    text += file.text.slice(valueAt + text.length, start)
    last += 1
    if (BLANK_OR_COMMENT.test(line)) {
      const comment = line.trim()
      const at = start + line.indexOf(comment)
      if (comment !== '') comments.push({ kind: 'comment', text: comment, span: spanOf(file, at, at + comment.length) })
      text += ' '.repeat(line.length)
    } else {
      text += line
      scan.take(line, start - valueAt)
      lastOwn = last
    }
  }
  return { text: text.trimEnd(), comments, scan, next: lastOwn + 1 }
}

function lineFrom(file: SourceText, number: number, offset: number): string {
  return lineText(file, number).slice(offset - (file.lineStarts[number - 1] ?? 0))
}
