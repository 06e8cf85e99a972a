import { Document, isCollection, isMap, isNode, isScalar, isSeq, parseDocument, Scalar, YAMLMap, YAMLSeq, type Node } from 'yaml'
import type { KeySnapshot, ShownKey } from '../key-snapshot.ts'
import { compareCase } from './compare.ts'
import type { CaseResult, GotMessage, StepResult } from './run-case.ts'
import type { ExpectationWord, Step, TestFile } from './scenario.ts'
import type { Located, Path } from './shape.ts'

/** A long line is a long line: commands are not folded. */
const LAYOUT = { lineWidth: 0, flowCollectionPadding: true } as const

/** What takes the place of a part of the text. */
interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

interface Editing {
  readonly text: string
  readonly document: Document
  readonly several: boolean
  readonly edits: Edit[]
}

/** What an expectation may take up in one line, in braces. */
const ONE_LINE = 120

/**
 * Puts what is in the place of what was expected, where they differ, with the comments that stood
 * there, and leaves all else as it is, to the byte. Answers the text of the file.
 */
export function updated(text: string, file: TestFile, results: readonly CaseResult[], { several }: { readonly several: boolean }): string {
  const editing: Editing = { text, document: parseDocument(text, { uniqueKeys: true }), several, edits: [] }
  file.cases.forEach(({ value: testCase, path }, i) => {
    const result = results[i]
    if (result === undefined || result.stopped !== undefined) return
    testCase.steps.forEach((step, at) => {
      const found = result.steps[at]
      if (found !== undefined) updateStep(editing, step, found)
    })
    const { keys } = testCase
    if (keys === undefined || compareCase({ ...testCase, steps: [] }, { ...result, steps: [] }, { several }).length === 0) return
    put(editing, [...path, 'keys'], several ? mapNode([...result.keys].map(([pool, found]) => [pool, snapshotNode(found)])) : snapshotNode(firstOf(result.keys)))
  })
  return editing.edits.toSorted((a, b) => b.start - a.start).reduce((done, { start, end, text: part }) => done.slice(0, start) + part + done.slice(end), text)
}

function updateStep(editing: Editing, step: Located<Step>, found: StepResult): void {
  const { several } = editing
  const { expected } = step.value
  const one = (word: ExpectationWord, node: () => Node, is: Partial<Step['expected']>): void => {
    const alone: Located<Step> = { ...step, value: { ...step.value, expected: is } }
    const rest = { ...found, failed: word === 'failed' ? found.failed : new Map<string, string>(), closed: word === 'closed' ? found.closed : new Map<string, string>() }
    const differs = compareCase({ name: '', steps: [alone] }, { steps: [rest], stopped: undefined, keys: new Map(), unknown: new Map(), hit: new Set() }, { several }).length > 0
    if (differs) put(editing, [...step.path, word], node())
  }
  const { commands, deliveries, matched, unmatched, failed, closed } = expected
  if (commands !== undefined) {
    one('commands', () => several
      ? mapNode([...found.commands].filter(([, lines]) => lines.length > 0).map(([pool, lines]) => [pool, listNode(lines)]))
      : listNode(firstOf(found.commands) ?? []), { commands })
  }
  if (deliveries !== undefined) one('deliveries', () => seqNode(found.deliveries.map(deliveryNode)), { deliveries })
  if (matched !== undefined) one('matched', () => listNode(found.matched), { matched })
  if (unmatched !== undefined) one('unmatched', () => listNode(found.unmatched), { unmatched })
  if (failed !== undefined || found.failed.size > 0) one('failed', () => listNode([...found.failed.keys()]), failed === undefined ? {} : { failed })
  if (closed !== undefined || found.closed.size > 0) one('closed', () => listNode([...found.closed.keys()]), closed === undefined ? {} : { closed })
}

function put({ text, document, edits }: Editing, path: Path, node: Node): void {
  const [word] = path.slice(-1)
  const owner = document.getIn(path.slice(0, -1), true)
  if (word === undefined || !isMap(owner)) return
  const column = (key: unknown): number => isScalar(key) ? (key.range?.[0] ?? 0) - text.lastIndexOf('\n', (key.range?.[0] ?? 0) - 1) - 1 : 0
  const pair = owner.items.find(({ key }) => plain(key) === word)
  const before = pair?.value
  if (isCollection(before) || isScalar(before)) {
    keepComments(before, node)
  }
  if (pair === undefined) {
    // a new line below the last member
    const end = text.slice(0, ownEnd(owner.items.at(-1)?.value, owner.range?.[1] ?? text.length)).trimEnd().length
    edits.push({ start: end, end, text: `\n${' '.repeat(column(owner.items[0]?.key))}${written(word, node, column(owner.items[0]?.key))}` })
    return
  }
  const start = isScalar(pair.key) ? pair.key.range?.[0] ?? 0 : 0
  const end = text.slice(0, ownEnd(before, start)).trimEnd().length
  edits.push({ start, end: Math.max(end, text.indexOf(':', start) + 1), text: written(word, node, column(pair.key)) })
}

/** Where a value ends, comments behind it left out. */
function ownEnd(value: unknown, otherwise: number): number {
  return isCollection(value) || isScalar(value) ? value.range?.[1] ?? otherwise : otherwise
}

/** A member as it is written from that column on. */
function written(word: string | number, node: Node, column: number): string {
  const document = new Document()
  document.contents = mapNode([[String(word), node]])
  return document.toString(LAYOUT).trimEnd().replaceAll('\n', `\n${' '.repeat(column)}`)
}

/** Items that are still there, or stand where one was changed, keep what was written over them and behind them. */
function keepComments(before: unknown, after: Node): void {
  if (isSeq(before) && isSeq(after)) {
    const isStill = (item: unknown, items: readonly unknown[]): boolean => items.some((other) => plain(other) === plain(item))
    after.items.forEach((item, i) => {
      const same = before.items.find((candidate) => plain(candidate) === plain(item)) ?? (isStill(before.items[i], after.items) ? undefined : before.items[i])
      if (!isNode(same) || !isNode(item)) return
      // what stands over the first is said to stand over all
      item.commentBefore = same.commentBefore ?? (same === before.items[0] ? before.commentBefore : undefined)
      item.comment = same.comment
    })
  } else if (isMap(before) && isMap(after)) {
    for (const pair of after.items) {
      const same = before.items.find((candidate) => plain(candidate.key) === plain(pair.key))
      if (same === undefined || !isScalar(same.key)) continue
      same.key.commentBefore ??= same === before.items[0] ? before.commentBefore : undefined
      pair.key = same.key
      if (isNode(pair.value)) keepComments(same.value, pair.value)
    }
  } else if (isNode(before)) after.commentBefore = before.commentBefore
}

function plain(node: unknown): string {
  return isScalar(node) ? String(node.source ?? node.value) : isCollection(node) ? JSON.stringify(node.toJSON()) : String(node)
}

function firstOf<T>(byPool: ReadonlyMap<string, T>): T | undefined {
  for (const value of byPool.values()) return value
  return undefined
}

// --- nodes

/** Read back as the same text: `0600` and `true` are texts anyway, the rest is quoted where YAML needs it. */
function textNode(text: string): Scalar {
  const number = /^(?:0|[1-9]\d{0,14})$/.test(text)
  const node = new Scalar<string | number | boolean>(number ? Number(text) : text === 'true' || text === 'false' ? text === 'true' : text)
  return node
}

function seqNode(items: readonly Node[]): YAMLSeq {
  const node = new YAMLSeq()
  node.items = [...items]
  node.flow = items.length === 0
  return node
}

function listNode(texts: readonly string[]): YAMLSeq {
  return seqNode(texts.map(textNode))
}

function mapNode(entries: readonly (readonly [string, Node])[], layout: 'one line' | 'lines' = 'lines'): YAMLMap {
  const node = new YAMLMap()
  for (const [key, value] of entries) node.set(textNode(key), value)
  node.flow = entries.length === 0 || layout === 'one line'
  return node
}

function deliveryNode({ to, topic, payload, qos, retain, dup }: GotMessage): YAMLMap {
  return mapNode([
    ['to', textNode(to)], ['topic', textNode(topic)], ['payload', textNode(payload)], ['qos', textNode(String(qos))],
    ...retain ? [['retain', textNode('true')] as const] : [], ...dup ? [['dup', textNode('true')] as const] : [],
  ], 'one line')
}

function snapshotNode(snapshot: KeySnapshot | undefined): YAMLMap {
  return mapNode(Array.from(snapshot ?? [], ([key, shown]) => [key, keyNode(shown)] as const))
}

function keyNode({ type, value, expires }: ShownKey): YAMLMap {
  return mapNode([[type, valueNode(value)], ...expires === undefined ? [] : [['expires', textNode(String(expires))] as const]])
}

function valueNode(value: ShownKey['value']): Node {
  if (typeof value === 'string') return textNode(value)
  if (value instanceof Map) return fieldsNode(value)
  const items = Array.from(value as Iterable<string | ReadonlyMap<string, string>>, (item) => typeof item === 'string' ? textNode(item) : fieldsNode(item)) // a map is no list
  const node = seqNode(items)
  node.flow = items.length === 0 || fits(items)
  return node
}

function fieldsNode(fields: ReadonlyMap<string, string>): YAMLMap {
  const entries = Array.from(fields, ([name, text]) => [name, textNode(text)] as const)
  return mapNode(entries, fits(entries.flat()) ? 'one line' : 'lines')
}

function fits(parts: readonly unknown[]): boolean {
  return parts.reduce<number>((sum, part) => sum + plain(part).length + 2, 0) <= ONE_LINE
}
