import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../structure/imports.ts'

/** A text of a source file that is meant for people: what is fixed of it, in pieces between what is filled in. */
export interface Sentence {
  readonly file: string
  readonly line: number
  /** As it stands there. */
  readonly text: string
  readonly pieces: readonly string[]
}

/** Two words or more: names, formats and paths have no blank. */
const PROSE = /[a-z,;:]{2,} +[a-z(]+/i

/** A command of Redis. */
const IN_CAPITALS = /^[A-Z -]+$/

/** After these a slash begins a regular expression. */
const BEFORE_REGEX = /[(,=:[!&|?{};>]$/

/** The sentences that a file of `src` holds. */
export function sentencesOf(file: string): readonly Sentence[] {
  const source = readFileSync(join(ROOT, 'src', file), 'utf8')
  const found: Sentence[] = []
  scan(0, undefined)
  return found.filter(({ pieces }) => pieces.some(piece => PROSE.test(piece) && !IN_CAPITALS.test(piece)))

  /** Reads code up to the `}` of a template, or to the end; returns where that is. */
  function scan(start: number, end: '}' | undefined): number {
    let depth = 0
    let at = start
    while (at < source.length) {
      const two = source.slice(at, at + 2)
      const one = source[at]
      if (two === '//') at = after(source.indexOf('\n', at), 1)
      else if (two === '/*') at = after(source.indexOf('*/', at), 2)
      else if (one === '/' && BEFORE_REGEX.test(source.slice(Math.max(0, at - 80), at).trimEnd())) at = afterRegex(at)
      else if (one === "'" || one === '"' || one === '`') at = literal(at, one)
      else if (one === end && depth === 0) return at + 1
      else {
        if (one === '{') depth++
        if (one === '}') depth--
        at++
      }
    }
    return at
  }

  function after(index: number, length: number): number {
    return index === -1 ? source.length : index + length
  }

  /** A slash in square brackets does not end it. */
  function afterRegex(start: number): number {
    let inBrackets = false
    for (let at = start + 1; at < source.length; at++) {
      if (source[at] === '\\') at++
      else if (source[at] === '[') inBrackets = true
      else if (source[at] === ']') inBrackets = false
      else if (source[at] === '/' && !inBrackets) return at + 1
    }
    return source.length
  }

  function literal(start: number, quote: string): number {
    const pieces = ['']
    const isRaw = source.slice(0, start).endsWith('String.raw')
    const add = (text: string): void => { pieces.push(`${pieces.pop() ?? ''}${text}`) }
    let at = start + 1
    while (at < source.length && source[at] !== quote) {
      if (source[at] === '\\' && !isRaw) {
        add(ESCAPES[source[at + 1] ?? ''] ?? source[at + 1] ?? '')
        at += 2
      } else if (quote === '`' && source.startsWith('${', at)) {
        pieces.push('')
        at = scan(at + 2, '}')
      } else {
        add(source[at] ?? '')
        at++
      }
    }
    found.push({ file, line: source.slice(0, start).split('\n').length, text: source.slice(start + 1, at), pieces })
    return at + 1
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
