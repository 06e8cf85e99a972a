import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import pc from 'picocolors'
import { oneOfThese } from '../diagnostic/did-you-mean.ts'
import { withIncluded } from '../diagnostic/source.ts'
import { explainLine } from '../explain/explain-line.ts'
import { findPages, namesLike } from '../explain/find-pages.ts'
import { PAGES } from '../explain/pages.ts'
import { readPrograms } from '../server/sources.ts'
import { lineStoryJson, pagesJson } from './explanation-json.ts'
import { lineStoryText } from './line-text.ts'
import { pageList, pageText, type TextLook } from './page-text.ts'

interface Options {
  readonly file: readonly string[] | undefined
  readonly json?: boolean
}

/** How it is shown. */
type Look = TextLook & { readonly json: boolean }

export function explainCommand(): Command {
  return new Command('explain')
    .argument('[name|file:line]', 'as it stands in a file or after a finding; without it all names are listed')
    .addOption(new Option('-f, --file <file...>', 'the rules files that include the file of the line, or are read with it'))
    .addOption(new Option('--json', 'the same as one JSON object; without a name, all pages'))
    .addHelpText('after', `
Names are those of checks, hooks, functions, placeholders, settings, rule members and Redis keys, in
capitals or not; one that means several things is explained in each of its meanings. All of it is in
docs/reference.md. A line of a rule is explained with the rules that it works together with.

Exit codes: 0 explained, 2 there is no such name or line, or a file could not be read.`)
    .action(run)
}

async function run(name: string | undefined, { file, json = false }: Options): Promise<void> {
  const look = { colour: pc.isColorSupported && process.stdout.isTTY, json }
  // whoever reads it may have seen enough (`hookline explain | head`)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  const pages = name === undefined ? [] : findPages(name)
  const place = placeIn(name)
  if (name === undefined) process.stdout.write(json ? jsonText(pagesJson(PAGES)) : pageList(look))
  else if (pages.length > 0) process.stdout.write(json ? jsonText(pagesJson(pages)) : pages.map(page => pageText(page, look)).join('\n'))
  else if (place !== undefined) await explainPlace(place, file, look)
  else failToFind(name)
}

interface Place {
  readonly file: string
  readonly line: number
}

/** `rules.conf:12`, and as findings have it `rules.conf:12:5`. */
function placeIn(name: string | undefined): Place | undefined {
  const { file, line } = /^(?<file>.+?):(?<line>\d{1,9})(?::\d+)?:?$/.exec(name ?? '')?.groups ?? {}
  return file === undefined || line === undefined ? undefined : { file, line: Number(line) }
}

async function explainPlace({ file, line }: Place, files: readonly string[] | undefined, look: Look): Promise<void> {
  const read = await readPrograms(files ?? [file], { overrides: false, stdin: undefined })
  if (!read.ok) return fail(`cannot read ${read.file}: ${read.reason}`)
  const sources = read.programs.flat()
  const source = withIncluded(sources).find(({ name }) => resolve(name) === resolve(file))
  if (source === undefined) return fail(`${file} is none of the files that were read`)
  const story = explainLine(sources, { file: source.name, line })
  if (story === undefined) return fail(`${file} has no line ${line}`)
  process.stdout.write(look.json ? jsonText(lineStoryJson(story, source)) : lineStoryText(story, source, look))
}

function jsonText(it: object): string {
  return `${JSON.stringify(it, null, 2)}\n`
}

function failToFind(name: string): void {
  const near = namesLike(name)
  fail(`nothing is called ${name}; ${near.length > 0 ? `did you mean ${oneOfThese(near)}?` : '`hookline explain` lists all names'}`)
}

function fail(sentence: string): void {
  process.stderr.write(`hookline: ${sentence}\n`)
  process.exitCode = 2
}
