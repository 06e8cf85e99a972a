import type { Page, PageKind } from './page.ts'
import { PAGE_KINDS } from './page.ts'
import { PAGES } from './pages.ts'

/** A command with what it says of itself on `--help`. */
export interface CommandHelp {
  readonly name: string
  readonly text: string
}

/** What the exit code of every command means (SPEC 5.1). */
const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'fine'],
  [1, 'findings, or what was asked failed'],
  [2, 'it could not be done: a bad flag, a file that is not there, a broker that does not answer'],
]

/** Kinds whose pages are short: rows of one table. The others have a section for each page. */
const TABLES: ReadonlySet<PageKind> = new Set<PageKind>(['placeholder', 'rule member', 'pool option', 'setting', 'Redis key'])

/** The whole of `docs/reference.md`: every page, and what the commands say of themselves. */
export function referenceText(commands: readonly CommandHelp[]): string {
  const kinds = Object.keys(PAGE_KINDS) as readonly PageKind[] // keys forgets the names
  const titles = [...Object.values(PAGE_KINDS), 'Exit codes', 'Commands']
  const parts = [
    '# Reference',
    'Every name of the language, every key in Redis, every command. `hookline explain NAME` shows one of them in a terminal.',
    'This page is made from the tables of the program by `npm run reference`; change those, not this.',
    titles.map(title => `- [${title}](#${anchor(title)})`).join('\n'),
    ...kinds.flatMap(kind => [`## ${PAGE_KINDS[kind]}`, ...kindText(kind)]),
    '## Exit codes',
    tableOf(['code', 'meaning'], EXIT_CODES.map(([code, meaning]) => [String(code), meaning])),
    '## Commands',
    ...commands.flatMap(({ name, text }) => [`### \`hookline ${name}\``, `\`\`\`text\n${text.trimEnd()}\n\`\`\``]),
  ]
  return `${parts.join('\n\n')}\n`
}

function kindText(kind: PageKind): readonly string[] {
  const pages = PAGES.filter(page => page.kind === kind)
  return TABLES.has(kind) ? [pageTable(kind, pages)] : pages.flatMap(pageSection)
}

/** A column for each label that a page of the kind has. */
function pageTable(kind: PageKind, pages: readonly Page[]): string {
  const labels = [...new Set(pages.flatMap(({ facts }) => facts.map(([label]) => label)))]
  return tableOf([kind, 'what it is', ...labels], pages.map(({ name, summary, doc, facts }) => [
    `\`${name}\``, doc === '' ? summary : `${summary}. ${doc}`, ...labels.map(label => facts.find(([other]) => other === label)?.[1] ?? ''),
  ]))
}

function pageSection({ name, summary, facts, doc, examples }: Page): readonly string[] {
  return [
    `### \`${name}\``,
    `${sentence(summary)}${doc === '' ? '' : `\n${doc}`}`,
    ...facts.length === 0 ? [] : [facts.map(([label, text]) => `- ${label}: ${text}`).join('\n')],
    ...examples.map(({ title, text }) => `${title}:\n\n\`\`\`conf\n${text}\n\`\`\``),
  ]
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.map(cell => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

/** As those who show Markdown make it of a heading. */
function anchor(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-')
}
