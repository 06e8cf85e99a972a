import { runChecks } from './check/index.ts'
import { resolve } from './check/symbols.ts'
import type { Diagnostic } from './diagnostic/diagnostic.ts'
import { planProgram } from './plan/plan-program.ts'
import type { Program } from './plan/program.ts'
import { parse } from './syntax/parse.ts'

/** A rules file: `name` as the user said it, which is what diagnostics say. */
export interface Source {
  readonly name: string
  readonly text: string
}

export interface Compiled {
  /** Absent exactly if a diagnostic is an error. */
  readonly program: Program | undefined
  /** In the order of the files. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * What rules files mean: read line by line, names looked up, judged by every check, and, if no
 * check found an error, planned. The files are read as one, in their order. Pure: no file system,
 * clock, network or process. Never throws for what the texts hold.
 */
export function compile(sources: readonly Source[]): Compiled {
  const files = sources.map(parse)
  const symbols = resolve(files)
  const diagnostics = runChecks(symbols, sources.map(({ name }) => name))
  const program = diagnostics.some(({ severity }) => severity === 'error') ? undefined : planProgram(symbols)
  return { program, diagnostics }
}
