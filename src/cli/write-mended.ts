import type { CompileOptions } from '../compile.ts'
import { fileReason } from '../server/file-reason.ts'
import { mendPrograms, type ChangedFile } from '../server/mend.ts'
import type { Programs, ReadProgramsOptions } from '../server/sources.ts'
import { replaceFile } from '../server/write-file.ts'

/**
 * Reads rules files, makes the safe fixes, writes the files and says on stderr what was mended.
 * Standard input goes to standard output, mended or not. Trouble with a file is as with reading it.
 */
export async function writeMended(paths: readonly string[], options: ReadProgramsOptions & CompileOptions): Promise<Programs> {
  const { fixed, changed, stdin, ...read } = await mendPrograms(paths, options)
  if (!read.ok) return read
  for (const file of changed) {
    const reason = await write(file)
    if (reason !== undefined) return { ok: false, file: file.name, reason, writing: true }
  }
  for (const { span: { file, start }, message, check } of fixed) {
    process.stderr.write(`${file}:${start.line}:${start.column}: fixed: ${message} [${check}]\n`)
  }
  if (fixed.length > 0) process.stderr.write(`${fixed.length} fixed\n`)
  if (stdin !== undefined) process.stdout.write(stdin.bytes)
  return read
}

/** Why it could not be written; nothing where it was. */
async function write({ name, before, after }: ChangedFile): Promise<string | undefined> {
  try {
    return await replaceFile(name, { before, after }) ? undefined : 'it has changed meanwhile; nothing was written'
  } catch (error) {
    return fileReason(error)
  }
}
