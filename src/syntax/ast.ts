import type { Fix, Span } from '../diagnostic/diagnostic.ts'
import type { Source } from '../diagnostic/source.ts'
import type { SourceText } from '../diagnostic/source-text.ts'

/** A rules file as it is written: shape only, no name in it has been looked up. */
export interface RuleFile {
  readonly source: SourceText
  /** What it was parsed from. */
  readonly origin: Source
  /** Those that could be read, in their order. */
  readonly lines: readonly Line[]
  /** All of it, in its order. */
  readonly stretches: readonly Stretch[]
  readonly faults: readonly Fault[]
  /** Keys of lines that could not be read beyond them: what they define or use is not known. */
  readonly broken: readonly Key[]
  /** Of the environment: keys whose variable is empty, which removes them. */
  readonly removed: readonly Key[]
}

/** Lines that were read as one, by their numbers: from `from` up to, not including, `to`. */
export interface Stretch {
  readonly from: number
  readonly to: number
  /** Absent: they could not be read, or hold bytes that are no UTF-8. */
  readonly line: Line | undefined
}

/** A mistake in the shape, before any name is looked at. */
export interface Fault {
  readonly check: 'syntax' | 'curly-quote'
  readonly message: string
  readonly span: Span
  readonly hint?: string
  readonly fix?: Omit<Fix, 'safe'>
}

export type Line = Blank | Comment | Include | Setting | Rule

export interface Blank {
  readonly kind: 'blank'
}

export interface Comment {
  readonly kind: 'comment'
  /** From the `#` on. */
  readonly text: string
  readonly span: Span
}

export interface Include {
  readonly kind: 'include'
  readonly path: string
  readonly span: Span
}

export interface Setting {
  readonly kind: 'setting'
  readonly key: Key
  readonly value: Scalar
}

/** A line whose value is a JSON object. */
export interface Rule {
  readonly kind: 'rule'
  readonly key: Key
  readonly value: JsonObject
  /** Comment lines between those of the object. */
  readonly comments: readonly Comment[]
}

export interface Key {
  readonly words: readonly Word[]
  readonly span: Span
}

export interface Word {
  /** `\.` is a dot here. */
  readonly text: string
  readonly span: Span
}

export interface Scalar {
  /** As written; once names have been looked up, with what its references stand for, so it may be a secret. */
  readonly text: string
  /** As written. */
  readonly parts: readonly ScalarPart[]
  readonly span: Span
  /** Its references that stand for nothing: the value is not known, and the text as written. Absent: none. */
  readonly missing?: readonly MissingReference[]
}

/** A reference that was looked up in vain; the reason is a plain clause. */
export interface MissingReference {
  readonly kind: 'env' | 'file'
  readonly name: string
  readonly reason: string
  readonly span: Span
}

export type ScalarPart =
  | { readonly kind: 'text', readonly text: string }
  /** `${env:NAME}` or `${file:PATH}`. */
  | { readonly kind: 'env' | 'file', readonly name: string, readonly span: Span }

export type Json = JsonObject | JsonArray | JsonString | JsonNumber | JsonConstant

export interface JsonObject {
  readonly kind: 'object'
  /** All of them, also where a name comes twice. */
  readonly members: readonly JsonMember[]
  readonly span: Span
}

export interface JsonMember {
  readonly name: JsonString
  readonly value: Json
  readonly span: Span
}

export interface JsonArray {
  readonly kind: 'array'
  readonly items: readonly Json[]
  readonly span: Span
}

export interface JsonString {
  readonly kind: 'string'
  /** Escapes resolved. */
  readonly value: string
  /** Where each UTF-16 unit of the value begins, from the opening quote; absent if none is escaped. */
  readonly starts: readonly number[] | undefined
  /** Quotes included; always within one line. */
  readonly span: Span
}

export interface JsonNumber {
  readonly kind: 'number'
  readonly text: string
  readonly span: Span
}

export interface JsonConstant {
  readonly kind: 'constant'
  readonly text: 'true' | 'false' | 'null'
  readonly span: Span
}

/** A field of a Redis command; no part: an empty field. */
export interface CommandField {
  readonly parts: readonly CommandPart[]
  readonly span: Span
}

export type CommandPart =
  | { readonly kind: 'text', readonly text: string }
  | { readonly kind: 'placeholder', readonly name: string, readonly span: Span }
