import { runChecks } from './check/index.ts'
import { resolve } from './check/symbols.ts'
import type { Told } from './check/told.ts'
import type { Diagnostic } from './diagnostic/diagnostic.ts'
import { withIncluded, type Source } from './diagnostic/source.ts'
import { planProgram } from './plan/plan-program.ts'
import type { Program } from './plan/program.ts'
import type { ParseCache } from './syntax/parse-cache.ts'
import { readFiles } from './syntax/read-files.ts'

export type { Source } from './diagnostic/source.ts'

export interface CompileOptions {
  /** A `${env:NAME}` that is not set is an error, unless said. */
  readonly unsetEnv?: 'error' | 'warning'
  /** `# hookline-ignore` lines are heeded, unless said. */
  readonly inlineIgnores?: boolean
  /** How the files are laid out is looked at too: for those who write them, not for what runs them. */
  readonly layout?: boolean
  /** A program is made, unless said: for findings alone nobody needs one. */
  readonly plan?: boolean
  /** What was parsed before, for who compiles nearly the same again; it comes to the same without. */
  readonly parsed?: ParseCache
  /** What the Redis of pools has said, if it was asked. */
  readonly told?: Told
}

export interface Compiled {
  /** Absent if a diagnostic is an error, where {@link CompileOptions.unsetEnv} leaves a value open, and if none was asked for. */
  readonly program: Program | undefined
  /** In the order of the files. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * What rules files mean: read line by line, names looked up, judged by every check, and, if no
 * check found an error, planned. The files are read as one, in their order, what they include in
 * the place of the include. Pure: no file system, clock, network or process. Never throws for what
 * the texts hold.
 */
export function compile(
  sources: readonly Source[], { unsetEnv = 'error', inlineIgnores = true, layout = false, plan = true, parsed, told = new Map() }: CompileOptions = {},
): Compiled {
  const symbols = resolve(readFiles(sources, parsed), parsed)
  const diagnostics = runChecks(symbols, { files: withIncluded(sources).map(({ name }) => name), unsetEnv, inlineIgnores, layout, told })
  const open = [...symbols.current.values()].some(({ setting }) => setting.value.missing !== undefined)
  const program = !plan || open || diagnostics.some(({ severity }) => severity === 'error') ? undefined : planProgram(symbols)
  return { program, diagnostics }
}
