import { isMap, isNode, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml'
import { nameHint, nearest, oneOfThese } from '../../diagnostic/did-you-mean.ts'
import type { Diagnostic, Span } from '../../diagnostic/diagnostic.ts'
import { spanOf, type SourceText } from '../../diagnostic/source-text.ts'

/** A part of a JSON Schema (draft 2020-12). */
export type Schema = Readonly<Record<string, unknown>>

/** Keys and places from the top of the document, as `yaml` takes them. */
export type Path = readonly (string | number)[]

/** Something of the file, and where it stands. */
export interface Located<T> {
  readonly value: T
  readonly span: Span
  readonly path: Path
}

export interface Reading {
  readonly source: SourceText
  readonly findings: Diagnostic[]
}

/**
 * A shape that part of a test file has: how it is read, and what a schema says of it, in one place.
 * What does not fit is a finding, and the answer undefined.
 */
export interface Shape<T> {
  readonly schema: Schema
  /** `key`: the key that it is the value of, if it is one's. */
  read(node: unknown, path: Path, reading: Reading, key?: unknown): T | undefined
}

/** The check that findings of test files carry. */
export const CHECK = 'test-file'

export function find(reading: Reading, span: Span, message: string, hint?: string): undefined {
  reading.findings.push({ check: CHECK, severity: 'error', message, span, ...hint === undefined ? {} : { hint } })
}

/** Of a node; where there is none, the beginning of the file. */
export function nodeSpan(node: unknown, { source }: Reading): Span {
  const range = isNode(node) ? node.range : undefined
  return range === undefined || range === null ? spanOf(source, 0, 0) : spanOf(source, range[0], Math.max(range[0], range[1]))
}

/** Any scalar, as it is written. */
export function text(description: string, options: { readonly allows?: (text: string) => string | undefined } = {}): Shape<string> {
  return {
    schema: { description, type: ['string', 'number', 'boolean', 'null'] },
    read(node, _, reading) {
      if (!isScalar(node)) return find(reading, nodeSpan(node, reading), `this is ${kindOf(node)}, and a text is needed`)
      const value = scalarText(node)
      const problem = options.allows?.(value)
      return problem === undefined ? value : find(reading, nodeSpan(node, reading), problem)
    },
  }
}

/** What is written without quotes is taken as it stands: `0600` and `true` are texts. */
function scalarText(node: { readonly value: unknown, readonly source?: string | undefined, readonly type?: string | undefined }): string {
  if (node.type === 'PLAIN' && node.source !== undefined) return node.source
  return typeof node.value === 'string' ? node.value : node.value === null || node.value === undefined ? '' : JSON.stringify(node.value)
}

/** One of some words or numbers. */
export function oneOf<const T extends string | number | boolean>(description: string, values: readonly T[]): Shape<T> {
  return {
    schema: { description, enum: values },
    read(node, _, reading) {
      const given = isScalar(node) ? scalarText(node) : undefined
      const value = values.find((candidate) => String(candidate) === given)
      return value ?? find(reading, nodeSpan(node, reading), `${given === undefined ? `this is ${kindOf(node)}` : `there is no \`${given}\` here`}; it is ${oneOfThese(values.map(String))}`)
    },
  }
}

/** Nothing written is an empty list. */
export function listOf<T>(description: string, item: Shape<T>): Shape<readonly T[]> {
  return {
    schema: { description, type: ['array', 'null'], items: item.schema },
    read(node, path, reading) {
      if (isNothing(node)) return []
      if (!isSeq(node)) return find(reading, nodeSpan(node, reading), `this is ${kindOf(node)}, and a list is needed`, 'begin each item with a dash')
      const items = node.items.map((each, i) => item.read(each, [...path, i], reading))
      return items.every((each) => each !== undefined) ? items : undefined
    },
  }
}

/** Keys that the user chooses. Nothing written is an empty one. */
export function mapOf<T>(description: string, value: Shape<T>): Shape<ReadonlyMap<string, T>> {
  return {
    schema: { description, type: ['object', 'null'], additionalProperties: value.schema },
    read(node, path, reading) {
      if (isNothing(node)) return new Map()
      if (!isMap(node)) return find(reading, nodeSpan(node, reading), `this is ${kindOf(node)}, and keys with values are needed`)
      const entries = node.items.map((pair) => [keyText(pair), value.read(pair.value ?? pair.key, [...path, keyText(pair)], reading)] as const)
      const read = entries.flatMap(([key, each]) => each === undefined ? [] : [[key, each] as const])
      return read.length === entries.length ? new Map(read) : undefined
    },
  }
}

/** With its place, which is that of its key if it has one. */
export function located<T>(shape: Shape<T>): Shape<Located<T>> {
  return {
    schema: shape.schema,
    read(node, path, reading, key) {
      const value = shape.read(node, path, reading)
      return value === undefined ? undefined : { value, span: nodeSpan(key ?? node, reading), path }
    },
  }
}

type Members = Readonly<Record<string, Shape<unknown>>>
/** What a shape is read as. */
export type ShapeOf<S> = S extends Shape<infer Value> ? Value : never
/** What an object holds; members that were not given are absent. */
export type ObjectOf<M extends Members, Needed extends keyof M> = { readonly [K in Needed]: ShapeOf<M[K]> } & { readonly [K in Exclude<keyof M, Needed>]?: ShapeOf<M[K]> }

/** An object of fixed members. `short`: a scalar in its place is that member. */
export function object<M extends Members, Needed extends keyof M & string>(
  description: string, members: M, options: { readonly needed: readonly Needed[], readonly short?: keyof M & string },
): Shape<ObjectOf<M, Needed>> {
  const { needed, short } = options
  const full = {
    description, type: 'object', additionalProperties: false,
    properties: Object.fromEntries(Object.entries(members).map(([name, shape]) => [name, shape.schema])),
    ...needed.length === 0 ? {} : { required: needed },
  }
  return {
    schema: short === undefined ? full : { description, anyOf: [members[short]?.schema ?? {}, full] },
    read(node, path, reading) {
      const before = reading.findings.length
      const found: Record<string, unknown> = {}
      if (short !== undefined && isScalar(node) && !isNothing(node)) found[short] = members[short]?.read(node, path, reading)
      else if (!isMap(node)) return find(reading, nodeSpan(node, reading), `this is ${kindOf(node)}, and keys with values are needed`, `there are ${names(members)}`)
      else readMembers(node, { members, needed, path, reading, found })
      if (reading.findings.length > before) return undefined
      return found as ObjectOf<M, Needed> // each member was read by its shape, and those that are needed are there
    },
  }
}

function readMembers(node: YAMLMap, { members, needed, path, reading, found }: {
  readonly members: Members, readonly needed: readonly string[], readonly path: Path, readonly reading: Reading, readonly found: Record<string, unknown>,
}): void {
  /** What misspelt ones may have been meant for. */
  const meant = new Set<string>()
  for (const pair of node.items) {
    const name = keyText(pair)
    const shape = Object.hasOwn(members, name) ? members[name] : undefined
    if (shape === undefined) {
      for (const near of nearest(name, Object.keys(members))) meant.add(near)
      find(reading, nodeSpan(pair.key, reading), `nothing is called \`${name}\` here`, nameHint(name, Object.keys(members)) ?? `there are ${names(members)}`)
    } else found[name] = shape.read(pair.value, [...path, name], reading, pair.key)
  }
  for (const name of needed) {
    if (!node.has(name) && !meant.has(name)) find(reading, nodeStart(node, reading), `\`${name}\` is missing`)
  }
}

/** The first key of an object, which may go over many lines. */
export function nodeStart(node: unknown, reading: Reading): Span {
  return nodeSpan(isMap(node) ? node.items[0]?.key ?? node : node, reading)
}

export function keyText(pair: Pair): string {
  return isScalar(pair.key) ? scalarText(pair.key) : String(pair.key)
}

/** Nothing is written. */
export function isNothing(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null && (node.source ?? '') === '')
}

function kindOf(node: unknown): string {
  if (isNothing(node)) return 'empty'
  if (isMap(node)) return 'keys with values'
  return isSeq(node) ? 'a list' : isScalar(node) ? 'a single text' : 'an alias'
}

function names(members: Members): string {
  return oneOfThese(Object.keys(members), 'and')
}
