import { isUtf8 } from 'node:buffer'
import { readFile, writeFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { Command, Option } from 'commander'
import type { Source } from '../diagnostic/source.ts'
import { environmentFile } from '../migrate/environment-file.ts'
import { migrate, type Migration } from '../migrate/migrate.ts'
import { isDone, reportText } from '../migrate/report.ts'
import { decode } from '../server/decode.ts'
import { fileReason } from '../server/file-reason.ts'
import { createSourceReader } from '../server/source-reader.ts'

interface Options {
  readonly variables: string | undefined
  readonly report: string | undefined
}

export function migrateCommand(): Command {
  return new Command('migrate')
    .argument('[file]', 'the file; - is standard input')
    // node takes `--env-file` for its own, wherever it stands
    .addOption(new Option('--variables <file>', 'EMQX_.. variables, as docker takes them; after the file, or alone; - is standard input'))
    .addOption(new Option('--report <file>', 'where to write what became of each line, in place of standard error'))
    .addHelpText('after', `
The file itself stays as it is; comments are kept. What has no effect here, or cannot run, stands
behind a # and in the report. What the lines do is not changed but where the report says so; what is
migrated again stays as it is.

Exit codes: 0 all is said, 1 a line is not supported or somebody has to decide about it, 2 a file
could not be read or written.`)
    .action(run)
}

async function run(file: string | undefined, { variables, report }: Options): Promise<void> {
  if (file === undefined && variables === undefined) return fail('name a file to migrate, or --variables')
  if (file === variables) return fail('the file and the variables cannot be the same')
  const migration = await migrateFiles(file, variables)
  if (migration === undefined) return
  const { text, entries } = migration
  // whoever reads it may have seen enough (`hookline migrate … | head`)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  if (report === undefined) process.stderr.write(reportText(entries))
  else if (!await written(report, reportText(entries))) return
  process.stdout.write(text)
  process.exitCode = isDone(entries) ? 0 : 1
}

async function migrateFiles(file: string | undefined, variablesFile: string | undefined): Promise<Migration | undefined> {
  const lines = file === undefined ? undefined : await textOf(file)
  const variables = variablesFile === undefined ? undefined : await textOf(variablesFile)
  if ((file !== undefined && lines === undefined) || (variablesFile !== undefined && variables === undefined)) return undefined
  return migrate({
    file: lines === undefined ? undefined : await withMentions(nameOf(file), lines.text),
    latin: lines?.latin,
    environment: variables === undefined ? undefined : environmentFile(nameOf(variablesFile), variables.text),
  })
}

interface Text {
  readonly text: string
  /** Lines, from 1, that are no UTF-8 and were read as Latin-1, which is what EMQ X took. */
  readonly latin: ReadonlySet<number>
}

/** What stands in a file; if it cannot be read says so, sets exit code 2, and answers undefined. */
async function textOf(file: string): Promise<Text | undefined> {
  try {
    const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file)
    if (decode(bytes).foreign === 'UTF-16') return fail(`${nameOf(file)} is UTF-16: save it as UTF-8`)
    return latinText(bytes)
  } catch (error) {
    return fail(`cannot read ${file}: ${fileReason(error)}`)
  }
}

function latinText(bytes: Buffer): Text {
  const latin = new Set<number>()
  // a line feed is part of no other character in either
  const lines = bytes.toString('latin1').split('\n').map((line, i) => {
    const own = Buffer.from(line, 'latin1')
    if (isUtf8(own)) return own.toString('utf8')
    latin.add(i + 1)
    return line
  })
  return { text: lines.join('\n'), latin }
}

/** With what its lines refer to, so that it can be judged. */
async function withMentions(name: string, text: string): Promise<Source> {
  return await createSourceReader(process.env).take(name, Buffer.from(text))
}

function nameOf(file: string | undefined): string {
  return file === undefined || file === '-' ? 'stdin' : file
}

async function written(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text)
    return true
  } catch (error) {
    fail(`cannot write ${file}: ${fileReason(error)}`)
    return false
  }
}

function fail(sentence: string): undefined {
  process.stderr.write(`hookline: ${sentence}\n`)
  process.exitCode = 2
}
