import type { Span } from '../diagnostic/diagnostic.ts'
import { oneOfThese } from '../diagnostic/did-you-mean.ts'
import type { ForeignByte } from '../diagnostic/source.ts'
import type { Fault } from './ast.ts'
import { parseShape, type Failure } from './grammar.ts'
import type { OpenBracket } from './object-end.ts'

type SpanMaker = (start: number, end: number) => Span

/** Why a line has no shape. */
export function lineFault(text: string, failure: Failure, span: SpanMaker): Fault {
  const begin = text.search(/[^ \t]/)
  const end = text.trimEnd().length
  if (failure.offset === begin) {
    return {
      check: 'syntax', span: span(begin, end), message: 'this line is no setting, rule, include or comment',
      hint: 'write `key = value`, or `#` before a comment',
    }
  }
  if (failure.expected.includes('`=`')) {
    return { check: 'syntax', span: span(begin, end), message: 'this line has no `=` after its key', hint: 'write `key = value`' }
  }
  return expectedFault(text, failure, span)
}

/** Why the value of a setting has no shape. */
export function scalarFault(text: string, failure: Failure, span: SpanMaker): Fault {
  if (failure.found === undefined) {
    const open = text.lastIndexOf('${')
    return { check: 'syntax', span: span(open, text.length), message: 'the `${` opened here is never closed', ...added('}', span(text.length, text.length)) }
  }
  if (failure.found === '}') {
    return { check: 'syntax', span: span(text.lastIndexOf('${', failure.offset), failure.offset + 1), message: 'this says not which variable or file', hint: 'write `${env:NAME}` or `${file:PATH}`' }
  }
  if (failure.found < ' ' || failure.found === '\u007F') {
    return {
      check: 'syntax', span: span(failure.offset, failure.offset + 1),
      message: `a value has no control characters, and this is ${codePoint(failure.found)}`, hint: 'delete it',
    }
  }
  return expectedFault(text, failure, span)
}

/** Why a Redis command has no shape. */
export function commandFault(text: string, failure: Failure, span: SpanMaker): Fault {
  const placeholderAt = text.lastIndexOf('${', failure.offset)
  if (failure.expected.includes('the closing }') && placeholderAt !== -1) {
    return {
      check: 'syntax', span: span(placeholderAt, Math.max(failure.offset, placeholderAt + 2)),
      message: 'the placeholder opened here is never closed', hint: 'write `${name}`, without blanks',
    }
  }
  if (failure.found === undefined) {
    return {
      check: 'syntax', span: span(text.lastIndexOf(' "') + 1, text.length),
      message: 'the double quote opened here is never closed', hint: String.raw`add \" to its end`,
    }
  }
  return {
    check: 'syntax', span: span(failure.offset, failure.offset + failure.found.length),
    message: 'a field in double quotes ends at its closing quote', hint: 'put a space after the quote',
  }
}

/** A character that the file holds in another encoding. */
export function foreignByteFault({ byte }: ForeignByte, span: Span): Fault {
  const latin = byte >= 0xA0 ? `; in Latin-1 it is \`${String.fromCharCode(byte)}\`` : ''
  return {
    check: 'syntax', span, message: `the byte 0x${byte.toString(16).toUpperCase().padStart(2, '0')} is no UTF-8${latin}`,
    hint: 'save the file as UTF-8, or write the character anew',
  }
}

export function foreignFileFault(span: Span): Fault {
  return { check: 'syntax', span, message: 'the file is UTF-16, and none of it was read', hint: 'save it as UTF-8' }
}

/** What of a rule's text failed to be JSON: the text, where it failed, and the brackets still open at its end. */
interface JsonMistake {
  readonly text: string
  readonly failure: Failure
  readonly open: readonly OpenBracket[]
  readonly span: SpanMaker
}

/** Mistakes that are made often, each told by what it looks like; the first that it is, is said. */
const JSON_MISTAKES: readonly ((mistake: JsonMistake) => Fault | undefined)[] = [
  noObject, unclosedString, badEscape, neverClosed, curlyQuote, singleQuote, danglingComma, missingComma, straightAfterText, missingQuotes, afterTheEnd,
]

/** Why the value of a rule is no JSON object. */
export function jsonFault(mistake: JsonMistake): Fault {
  for (const name of JSON_MISTAKES) {
    const fault = name(mistake)
    if (fault !== undefined) return fault
  }
  return expectedFault(mistake.text, mistake.failure, mistake.span)
}

function noObject({ text, failure, span }: JsonMistake): Fault | undefined {
  if (failure.offset !== 0) return undefined
  return {
    check: 'syntax', span: span(0, text.length), message: 'the value of a rule is a JSON object',
    hint: 'write {"topic": .., "action": {..}, "pool": ..}',
  }
}

function unclosedString({ text, failure: { offset, expected, found }, span }: JsonMistake): Fault | undefined {
  if (!expected.includes('the closing "') || (found !== undefined && found >= ' ')) return undefined
  if (found !== undefined && found !== '\n' && found !== '\r') {
    return {
      check: 'syntax', span: span(offset, offset + 1), message: `${codePoint(found)} stands in a text as it is`,
      hint: found === '\t' ? String.raw`write \t for a tab` : 'write it as an escape, or delete it',
    }
  }
  const opening = openingQuote(text, offset)
  return { check: 'syntax', span: span(opening, offset), message: 'the text opened here is never closed', hint: 'add `"`' }
}

function badEscape({ text, failure: { offset, expected }, span }: JsonMistake): Fault | undefined {
  const at = text[offset - 1] === '\\' ? offset - 1 : offset
  if (!expected.some(word => word.startsWith('an escape'))) return undefined
  if (/^\\u[dD][89a-fA-F]/.test(text.slice(at))) {
    return { check: 'syntax', span: span(at, at + 6), message: 'half a character', hint: 'write the character itself' }
  }
  return {
    check: 'syntax', span: span(at, Math.min(offset + 1, text.length)), message: String.raw`no such escape; a backslash itself is \\ in JSON`,
    hint: String.raw`write \\, or one of \" \/ \b \f \n \r \t \u0000`,
  }
}

function neverClosed({ text, failure, open, span }: JsonMistake): Fault | undefined {
  const innermost = open.at(-1)
  if (failure.found !== undefined || innermost === undefined) return undefined
  const [what, closing] = innermost.character === '{' ? ['object', '}'] : ['list', ']']
  const missing = open.map(({ character }) => character === '{' ? '}' : ']').reverse().join('')
  return {
    check: 'syntax', span: span(innermost.offset, innermost.offset + 1), message: `the ${what} opened here is never closed`,
    ...added(open.length === 1 ? closing : missing, span(text.length, text.length)),
  }
}

function curlyQuote({ text, failure: { offset, found }, span }: JsonMistake): Fault | undefined {
  if (found === undefined || !'“”„‟«»″'.includes(found)) return undefined
  return { check: 'curly-quote', span: span(offset, offset + 1), message: `a typographic quote; JSON needs \`"\``, ...straight(text, found, span) }
}

function singleQuote({ text, failure: { offset, found }, span }: JsonMistake): Fault | undefined {
  if (found !== "'" && found !== '‘' && found !== '’' && found !== '`') return undefined
  const message = 'a text in JSON stands in double quotes'
  return found === "'" || found === '`'
    ? { check: 'syntax', span: span(offset, offset + 1), message, hint: `write \`"\` for ${found}` }
    : { check: 'curly-quote', span: span(offset, offset + 1), message, ...straight(text, found, span) }
}

/** The typographic quotes of the whole object as they should be; no fix where it is no JSON then either. */
function straight(text: string, found: string, span: SpanMaker): Pick<Fault, 'hint' | 'fix'> {
  const title = `write \`"\` for \`${found}\``
  const places = [quotesAroundTexts(text), Array.from(text.matchAll(CURLY), ({ index }) => index)]
    .find(candidate => parseShape('Json', straightened(text, candidate), span).ok)
  return places === undefined ? { hint: title } : { fix: { title, edits: places.map(at => ({ span: span(at, at + 1), text: '"' })) } }
}

const CURLY = /[“”„‟«»″‘’]/g

function straightened(text: string, places: readonly number[]): string {
  const at = new Set(places)
  return Array.from({ length: text.length }, (_, i) => at.has(i) ? '"' : text[i]).join('')
}

/** Where the typographic quotes stand that begin or end a text: one that begins with a plain quote ends with one. */
function quotesAroundTexts(text: string): readonly number[] {
  const places: number[] = []
  let opened: 'plain' | 'curly' | undefined
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? ''
    const isCurly = character.search(CURLY) === 0
    if (opened !== undefined && character === '\\') i += 1
    else if (character === '"') opened = opened === undefined ? 'plain' : undefined
    else if (isCurly && opened !== 'plain') {
      places.push(i)
      opened = opened === undefined ? 'curly' : undefined
    }
  }
  return places
}

function added(text: string, place: Span): Pick<Fault, 'fix'> {
  return { fix: { title: `add \`${text}\``, edits: [{ span: place, text }] } }
}

function danglingComma({ text, failure: { offset, found }, span }: JsonMistake): Fault | undefined {
  if (found !== '}' && found !== ']') return undefined
  const before = text.slice(0, offset).trimEnd()
  if (!before.endsWith(',')) return undefined
  return { check: 'syntax', span: span(before.length - 1, before.length), message: 'a comma, and nothing after it', fix: { title: 'delete the comma', edits: [{ span: span(before.length - 1, before.length), text: '' }] } }
}

function missingComma({ text, failure: { offset, expected, found }, span }: JsonMistake): Fault | undefined {
  if (found !== '"' || !expected.includes('`,`')) return undefined
  const before = text.slice(0, offset).trimEnd().length
  return { check: 'syntax', span: span(before - 1, before), message: 'a comma is missing after this', ...added(',', span(before, before)) }
}

/** `"a, "b": 1`: what was to be the next text began where this one ended. */
function straightAfterText({ text, failure: { offset, expected, found }, span }: JsonMistake): Fault | undefined {
  if (found === undefined || text[offset - 1] !== '"' || !expected.includes('`,`') || /[\]},:]/.test(found)) return undefined
  return {
    check: 'syntax', span: span(openingQuote(text, offset - 1), offset), message: 'this text ends at its second `"`, and more follows',
    hint: 'add the `"` that is missing, or write `\\"` for one inside a text',
  }
}

function missingQuotes({ text, failure: { offset, expected }, span }: JsonMistake): Fault | undefined {
  const word = /^[\p{L}_$#+/][^\s,:{}[\]"]*/u.exec(text.slice(offset))?.[0]
  if (word === undefined || !expected.includes('`"`')) return undefined
  return { check: 'syntax', span: span(offset, offset + word.length), message: 'a text in JSON stands in double quotes', fix: { title: `write "${word}"`, edits: [{ span: span(offset, offset + word.length), text: `"${word}"` }] } }
}

function afterTheEnd({ text, failure: { offset, expected }, span }: JsonMistake): Fault | undefined {
  if (!expected.includes('the end')) return undefined
  const rest = text.slice(offset).trimEnd()
  return {
    check: 'syntax', span: span(offset, offset + rest.length), message: 'text after the end of the object',
    hint: rest.startsWith('#') ? 'put the comment on a line of its own' : 'delete it',
  }
}

function expectedFault(text: string, { offset, expected, found }: Failure, span: SpanMaker): Fault {
  const wanted = expected.map(word => word.replaceAll('`', ''))
  const list = expected.every(word => word.startsWith('`')) ? oneOfThese(wanted) : expected.join(' or ')
  const got = found === undefined ? 'the end of the line' : found < ' ' ? codePoint(found) : `\`${found}\``
  return {
    check: 'syntax', span: span(offset, Math.min(offset + (found?.length ?? 0), text.length)),
    message: list === '' ? `${got} cannot stand here` : `expected ${list}, found ${got}`,
  }
}

/** Where the JSON text begins that runs up to `end`; a quote after a backslash begins none. */
function openingQuote(text: string, end: number): number {
  const line = text.lastIndexOf('\n', end - 1) + 1
  let opening = end
  let inside = false
  for (let i = line; i < end; i += 1) {
    if (inside && text[i] === '\\') i += 1
    else if (text[i] === '"') {
      inside = !inside
      opening = i
    }
  }
  return opening
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
