import { dirname } from 'node:path'
import pc from 'picocolors'
import { compile } from '../compile.ts'
import { renderPretty } from '../diagnostic/render/pretty.ts'
import type { Program } from '../plan/program.ts'
import { readSources } from '../server/sources.ts'

/**
 * What rules files mean, and the folder of the first. Where they cannot be read, or have errors, says
 * so, sets the exit code (2, 1), and answers undefined.
 */
export async function readProgram(files: readonly string[]): Promise<{ readonly program: Program, readonly folder: string } | undefined> {
  const snapshot = await readSources(files)
  if (!snapshot.readable) {
    process.stderr.write(`hookline: cannot read the rules file ${snapshot.file}: ${snapshot.reason}\n`)
    process.exitCode = 2
    return undefined
  }
  const { program, diagnostics } = compile(snapshot.sources)
  if (program === undefined) {
    process.stderr.write(renderPretty(diagnostics, snapshot.sources, { colour: pc.isColorSupported && process.stderr.isTTY }))
    process.exitCode = 1
    return undefined
  }
  return { program, folder: dirname(snapshot.sources[0]?.name ?? '.') }
}
