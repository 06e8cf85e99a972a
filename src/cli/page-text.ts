import pc from 'picocolors'
import { PAGE_KINDS, type Page, type PageKind } from '../explain/page.ts'
import { PAGES } from '../explain/pages.ts'
import { wrapped } from './wrapped.ts'

export interface TextLook {
  readonly colour: boolean
}

const INDENT = '  '

/** A page for a terminal; examples stand as they are written, however long, to be copied. */
export function pageText({ kind, name, summary, facts, doc, examples }: Page, { colour }: TextLook): string {
  const paint = pc.createColors(colour)
  const width = Math.max(0, ...facts.map(([label]) => label.length))
  const parts = [
    [`${paint.bold(name)} ${paint.dim(`(${kind})`)}`, wrapped(`${INDENT}${summary}`, INDENT)],
    facts.map(([label, text]) => wrapped(`${INDENT}${paint.cyan(label.padEnd(width))}  ${text}`, ' '.repeat(INDENT.length + width + 2))),
    doc === '' ? [] : [wrapped(`${INDENT}${doc}`, INDENT)],
    ...examples.map(({ title, text }) => [`${INDENT}${paint.cyan(title)}`, ...text.split('\n').map(line => `${INDENT}${INDENT}${line}`)]),
  ]
  return `${parts.filter(lines => lines.length > 0).map(lines => lines.join('\n')).join('\n\n')}\n`
}

/** The names of all pages, by what they are. */
export function pageList({ colour }: TextLook): string {
  const paint = pc.createColors(colour)
  const kinds = Object.entries(PAGE_KINDS) as readonly (readonly [PageKind, string])[] // entries forgets the names
  return kinds.map(([kind, title]) => {
    const names = PAGES.filter(page => page.kind === kind).map(({ name }) => name)
    return `${paint.cyan(title)}\n${wrapped(`${INDENT}${names.join(', ')}`, INDENT)}\n`
  }).join('\n')
}
