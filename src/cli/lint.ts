import { buffer } from 'node:stream/consumers'
import { Command, InvalidArgumentError, Option } from 'commander'
import pc from 'picocolors'
import { CHECKS } from '../check/index.ts'
import { compile, type CompileOptions, type Source } from '../compile.ts'
import type { Diagnostic, Severity } from '../diagnostic/diagnostic.ts'
import { FORMATS, FORMAT_NAMES, type Format } from '../diagnostic/render/index.ts'
import { readPrograms, type StandardInput } from '../server/sources.ts'
import { optimizeLate } from './short-run.ts'
import { packageVersion } from './version.ts'
import { writeMended } from './write-mended.ts'

interface Options {
  readonly format: Format
  readonly fix: boolean | undefined
  readonly strict: boolean | undefined
  readonly maxWarnings: number | undefined
  readonly stdinFilename: string
  readonly allowUnsetEnv: boolean | undefined
  /** Commander's `--no-` makes it true unless given. */
  readonly inlineIgnores: boolean
  readonly env: boolean | undefined
  readonly online: boolean | undefined
}

export function lintCommand(): Command {
  return new Command('lint')
    .argument('<file|folder...>', 'rules files, each a program of its own; of a folder its *.conf, recursively; - is standard input')
    .addOption(new Option('--format <format>', 'for people, one JSON object a line, or what a CI reads').choices(FORMAT_NAMES).default('pretty'))
    .addOption(new Option('--fix', 'mend in the files what can safely be mended, and say what is left'))
    .addOption(new Option('--strict', 'fail on warnings too'))
    .addOption(new Option('--max-warnings <number>', 'fail on more warnings than that').argParser(wholeNumber))
    .addOption(new Option('--allow-unset-env', 'a ${env:NAME} that is not set is a warning'))
    .addOption(new Option('--no-inline-ignores', 'disregard every # hookline-ignore'))
    .addOption(new Option('--env', 'read HOOKLINE_.. and EMQX_.. variables after the files, as start does'))
    .addOption(new Option('--online', 'also ask the Redis of each pool, read-only, whether it can do what the rules need'))
    .addOption(new Option('--stdin-filename <name>', 'what standard input is called; its includes are relative to it').default('stdin'))
    .addHelpText('after', `
It judges what the files say. Variables that set settings for a broker are left out unless --env is given.
A file of a folder that another one of it includes is judged where it is included.
A finding is ignored by a line before its own: # hookline-ignore NAME -- reason
--fix writes the files that it mends, included ones too. Standard input is printed mended, and what is left goes to
stderr; of files that it includes none is written.
With --online a Redis that cannot be reached is a warning, and one that refuses what a rule needs an error.

Exit codes: 0 no errors (warnings are allowed), 1 errors found, or more warnings than allowed,
2 a file could not be read.`)
    .action(run)
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number from 0 on is needed.')
  return Number(text)
}

async function run(paths: string[], options: Options): Promise<void> {
  optimizeLate()
  const stdin = paths.includes('-') ? await standardInput(options.stdinFilename) : undefined
  const reading = { overrides: options.env === true, stdin }
  const compiling = { unsetEnv: options.allowUnsetEnv === true ? 'warning' : 'error', inlineIgnores: options.inlineIgnores, layout: true, plan: options.online === true } as const
  const read = options.fix === true ? await writeMended(paths, { ...reading, ...compiling }) : await readPrograms(paths, reading)
  if (!read.ok) {
    process.stderr.write(`hookline: cannot ${read.writing === true ? 'write' : 'read'} ${read.file}: ${read.reason}\n`)
    process.exitCode = 2
    return
  }
  const compiled = await Promise.all(read.programs.map(sources => judge(sources, compiling, options)))
  const diagnostics = eachOnce(compiled)
  const failing = failingSeverities(diagnostics, options)
  // Whoever reads it may have seen enough (`hookline lint … | head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  // With --fix the mended text of standard input has its place.
  const out = options.fix === true && stdin !== undefined ? process.stderr : process.stdout
  out.write(FORMATS[options.format]({
    diagnostics, sources: read.programs.flat(), checks: CHECKS, failing,
    folder: process.cwd(), version: packageVersion(), colour: pc.isColorSupported && out.isTTY === true,
  }))
  process.exitCode = diagnostics.some(({ severity }) => failing.has(severity)) ? 1 : 0
}

async function judge(sources: readonly Source[], compiling: CompileOptions, { online }: Options): Promise<readonly Diagnostic[]> {
  const { program, diagnostics } = compile(sources, compiling)
  if (online !== true) return diagnostics
  if (program !== undefined) {
    // who asks nobody has no use for a Redis client
    const { askPools } = await import('./ask-pools.ts')
    return compile(sources, { ...compiling, told: await askPools(program, sources) }).diagnostics
  }
  process.stderr.write(`hookline: no server was asked for ${sources.map(({ name }) => name).join(', ')}: what the rules mean is open while they have errors\n`)
  return diagnostics
}

async function standardInput(name: string): Promise<StandardInput> {
  return { name, bytes: await buffer(process.stdin) }
}

/** Two programs that include one file share its findings; those of one program differ. */
function eachOnce(programs: readonly (readonly Diagnostic[])[]): readonly Diagnostic[] {
  const [first = [], ...others] = programs
  return others.length === 0 ? first : [...new Map(programs.flat().map(it => [JSON.stringify(it), it])).values()]
}

/** Of warnings more than are allowed make it fail. */
function failingSeverities(diagnostics: readonly Diagnostic[], { strict, maxWarnings }: Options): ReadonlySet<Severity> {
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning').length
  return new Set(warnings > (strict === true ? 0 : maxWarnings ?? Infinity) ? ['error', 'warning'] : ['error'])
}
