import { buffer } from 'node:stream/consumers'
import { Command, Option } from 'commander'
import { createTwoFilesPatch } from 'diff'
import { withoutSecrets } from '../diagnostic/render/secret.ts'
import { decode } from '../server/decode.ts'
import { editBytes } from '../server/edit-bytes.ts'
import { fileReason } from '../server/file-reason.ts'
import { readNamed, type NamedContent } from '../server/sources.ts'
import { replaceFile } from '../server/write-file.ts'
import { formatting } from '../syntax/format.ts'
import { parse } from '../syntax/parse.ts'

interface Options {
  readonly check: boolean | undefined
  readonly diff: boolean | undefined
  readonly stdinFilename: string
}

export function fmtCommand(): Command {
  return new Command('fmt')
    .argument('<file|folder...>', 'rules files; of a folder its *.conf, recursively; - is standard input, which is printed formatted')
    .addOption(new Option('--check', 'write nothing; list the files that are not formatted, and fail if there is one'))
    .addOption(new Option('--diff', 'write nothing; print what would change, as a unified diff'))
    .addOption(new Option('--stdin-filename <name>', 'what standard input is called').default('stdin'))
    .addHelpText('after', `
One blank on each side of =, the members of a rule in one order, the rules of a hook in the order of their numbers
as long as nothing but blank lines stands between them, the options of a pool together, comments with the line that
they stand over. A line that cannot be read stays as it is, byte by byte. Files that are included are not followed.
In a diff *** stands for passwords.

Exit codes: 0 done, or nothing to do, 1 with --check a file is not formatted, 2 a file could not be read or written.`)
    .action(run)
}

async function run(paths: string[], options: Options): Promise<void> {
  const stdin = paths.includes('-') ? { name: options.stdinFilename, bytes: await buffer(process.stdin) } : undefined
  const read = await readNamed(paths, stdin)
  if (!read.ok) {
    failed('read', read.file, read.reason)
    return
  }
  // Whoever reads it may have seen enough (`hookline fmt --diff … | head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  for (const file of read.files) await format(file, { ...options, isStdin: file.name === stdin?.name })
}

async function format({ name, bytes }: NamedContent, { check, diff, isStdin }: Options & { readonly isStdin: boolean }): Promise<void> {
  const source = { name, ...decode(bytes) }
  if (source.foreign === 'UTF-16') {
    failed('format', name, 'it is UTF-16; save it as UTF-8')
    return
  }
  const file = parse(source)
  for (const { from, line } of file.stretches) {
    if (line === undefined) process.stderr.write(`${name}:${from}: stays as it is: it cannot be read, as hookline lint says, or is no UTF-8\n`)
  }
  const after = editBytes(bytes, formatting(file))
  if (after === undefined) throw new Error('formatting changes whole lines')
  const isFormatted = after.equals(bytes)
  if (check === true && !isFormatted) {
    process.exitCode ??= 1
    if (diff !== true) process.stdout.write(`${name}: not formatted\n`)
  }
  if (diff === true && !isFormatted) process.stdout.write(difference(name, source.text, decode(after).text))
  if (check === true || diff === true) return
  if (isStdin) process.stdout.write(after)
  else if (!isFormatted) await write(name, { before: bytes, after })
}

async function write(name: string, content: { readonly before: Buffer, readonly after: Buffer }): Promise<void> {
  try {
    if (await replaceFile(name, content)) process.stdout.write(`${name}: formatted\n`)
    else failed('write', name, 'it has changed meanwhile; nothing was written')
  } catch (error) {
    failed('write', name, fileReason(error))
  }
}

function failed(what: 'read' | 'format' | 'write', file: string, reason: string): void {
  process.stderr.write(`hookline: cannot ${what} ${file}: ${reason}\n`)
  process.exitCode = 2
}

/** Without secrets, and nothing in it steers a terminal. */
function difference(name: string, before: string, after: string): string {
  const patch = createTwoFilesPatch(name, name, before, after, 'as it is', 'formatted', { headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true } })
  return patch.split('\n').map(line => `${line.slice(0, 1)}${withoutSecrets(line.slice(1)).replace(/(?![\t\r])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD')}`).join('\n')
}
