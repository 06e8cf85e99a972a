import type { Span } from '../diagnostic/diagnostic.ts'
import type { Blank, CommandField, Comment, Include, JsonObject, Key, ScalarPart } from './ast.ts'
import { parse, SyntaxError } from './generated/rules-grammar.js'
import type { ParseCache } from './parse-cache.ts'

/** The entries of grammar/rules.peggy and what they give. */
interface Shapes {
  Line: Blank | Comment | Include | Assignment
  RuleLine: { readonly key: Key, readonly value: JsonObject }
  Scalar: readonly ScalarPart[]
  Json: JsonObject
  Command: readonly CommandField[]
}

interface Assignment {
  readonly kind: 'assignment'
  readonly key: Key
  /** Offset in the line. */
  readonly valueAt: number
}

/** Where the grammar came no further: what it expected there, in words, and the rest that it found. */
export interface Failure {
  readonly offset: number
  readonly expected: readonly string[]
  /** One character; absent at the end. */
  readonly found: string | undefined
}

export type Parsed<T> =
  | { readonly ok: true, readonly value: T }
  | { readonly ok: false, readonly failure: Failure }

type SpanMaker = (start: number, end: number) => Span

/** Parses one shape, unless the cache knows what comes of it. `span` makes the place of a part of `text`, given by offsets. */
export function parseShape<S extends keyof Shapes>(shape: S, text: string, span: SpanMaker, cache?: ParseCache): Parsed<Shapes[S]> {
  if (cache === undefined) return parseAnew(shape, text, span)
  const key = `${shape} ${text}`
  const known = cache.get(key)
  const parsed = known ?? parseAnew(shape, text, offsets)
  if (known === undefined) cache.set(key, parsed)
  return placed(parsed, span) as Parsed<Shapes[S]> // what was put in for the shape
}

/** What Peggy's library mode gives in the place of throwing. */
interface Result<T> {
  readonly peg$success: boolean
  readonly peg$result: T
}

/** The same for who does not ask why a text has not the shape: noting at each place what would have been expected takes longer than parsing. */
export function parseQuickly<S extends keyof Shapes>(shape: S, text: string, span: (start: number, end: number) => unknown): Shapes[S] | undefined {
  // The one place where the generated parser's `any` gets its type; test/compile prints and parses again what it gave.
  const parsed = parse(text, { startRule: shape, span, peg$silentFails: 1, peg$library: true }) as Result<Shapes[S]>
  return parsed.peg$success ? parsed.peg$result : undefined
}

function parseAnew<S extends keyof Shapes>(shape: S, text: string, span: (start: number, end: number) => unknown): Parsed<Shapes[S]> {
  const value = parseQuickly(shape, text, span)
  if (value !== undefined) return { ok: true, value }
  try {
    parse(text, { startRule: shape, span })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const offset = error.location.start.offset
    return { ok: false, failure: { offset, expected: describe(error), found: characterAt(text, offset) } }
  }
  throw new Error(`the parser finds a ${shape} only where it looks twice`)
}

/** What stands in the place of a span as long as it is not known where the text is. */
function offsets(start: number, end: number): Offsets {
  return { start, end }
}

interface Offsets {
  readonly start: number
  readonly end: number
}

/** The same with spans for offsets; in a tree nothing else is called `span`. */
function placed(value: unknown, span: SpanMaker): unknown {
  if (Array.isArray(value)) return value.map(item => placed(item, span))
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(value)) copy[name] = name === 'span' ? spanOf(part, span) : placed(part, span)
  return copy
}

function spanOf(value: unknown, span: SpanMaker): Span {
  const { start, end } = value as Offsets // made by `offsets`
  return span(start, end)
}

/** Each token once; a character class or the end of the text has no name a user would know. */
function describe({ expected }: SyntaxError): readonly string[] {
  const words = (expected ?? []).flatMap((expectation) => {
    switch (expectation.type) {
      case 'literal': return [`\`${expectation.text}\``]
      case 'other': return [expectation.description]
      case 'class': case 'any': case 'end': return []
      default: return expectation satisfies never
    }
  })
  return [...new Set(words)].filter(word => word !== 'a blank').sort()
}

function characterAt(text: string, offset: number): string | undefined {
  const code = text.codePointAt(offset)
  return code === undefined ? undefined : String.fromCodePoint(code)
}
