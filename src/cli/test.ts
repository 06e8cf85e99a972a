import { readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import pc from 'picocolors'
import { compile } from '../compile.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { renderPretty } from '../diagnostic/render/pretty.ts'
import type { Source } from '../diagnostic/source.ts'
import { usedPools } from '../engine/used-pools.ts'
import type { Program, Step } from '../plan/program.ts'
import { fileReason } from '../server/file-reason.ts'
import { filesMatching } from '../server/find-files.ts'
import { readSources } from '../server/sources.ts'
import { UnfitRedis } from '../simulate/real-store.ts'
import { coverage, runFile, type CaseReport, type RealRedis } from '../simulate/rule-test/run-file.ts'
import { testFileSchema } from '../simulate/rule-test/scenario.ts'
import { CHECK } from '../simulate/rule-test/shape.ts'
import { readDocument, readTests } from '../simulate/rule-test/test-document.ts'
import { updated } from '../simulate/rule-test/update.ts'
import { poolsAt, type RedisUrl, redisUrl } from './redis-url.ts'
import { testJunit } from './test-junit.ts'
import { testTap } from './test-tap.ts'
import { coverageText, testText, type FileReport } from './test-text.ts'

const FORMATS = ['pretty', 'tap', 'junit'] as const

interface Options {
  readonly redis: RedisUrl | undefined
  readonly besideOthers: boolean | undefined
  readonly update: boolean | undefined
  readonly coverage: boolean | undefined
  readonly minCoverage: number | undefined
  readonly format: typeof FORMATS[number]
  readonly schema: boolean | undefined
}

export function testCommand(): Command {
  return new Command('test')
    .argument('[file|folder...]', 'test files; of a folder its *.test.yaml, recursively; the current folder unless said')
    .addOption(new Option('--update', 'write what is in the place of what was expected'))
    .addOption(new Option('--coverage', 'list the rules that no test has hit'))
    .addOption(new Option('--min-coverage <percent>', 'fail if fewer rules were hit').argParser(percent))
    .addOption(new Option('--redis <url>', 'play the tests on that Redis too, and compare; redis://[user:password@]host[:port][/database]').argParser(redisUrl))
    .addOption(new Option('--beside-others', 'the database of --redis may hold keys of others; only what the tests make is removed'))
    .addOption(new Option('--format <format>', 'for people, or for other programs').choices(FORMATS).default('pretty'))
    .addOption(new Option('--schema', 'print the JSON Schema of test files, for editors'))
    .addHelpText('after', `
A test file names its rules, and has cases: clients connect, publish, subscribe, acknowledge and leave,
time passes; and what comes of it: commands, deliveries, rules that match or do not, keys at the end.
An expectation that is left empty is filled in by --update.

Exit codes: 0 all is as expected, 1 something is not, or a file has errors, 2 it could not be done.`)
    .action(run)
}

function percent(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 100) throw new InvalidArgumentError('a whole number from 0 to 100 is needed.')
  return Number(text)
}

async function run(paths: readonly string[], options: Options): Promise<void> {
  // whoever reads it may have seen enough (`hookline test | head`)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  if (options.schema === true) {
    process.stdout.write(`${JSON.stringify(testFileSchema(), null, 2)}\n`)
    return
  }
  const files = await testFiles(paths.length === 0 ? ['.'] : paths)
  if (files === undefined) return
  const reports: FileReport[] = []
  const programs: { readonly program: Program, readonly hit: ReadonlySet<Step> }[] = []
  for (const name of files) {
    const tested = await testOne(name, options)
    if (tested === undefined) return
    reports.push(tested.report)
    if (tested.program !== undefined) programs.push({ program: tested.program, hit: new Set(tested.report.cases.flatMap(({ result }) => [...result.hit])) })
  }
  const covered = coverage(programs)
  process.stdout.write(render(reports, options))
  if (options.coverage === true || options.minCoverage !== undefined) (options.format === 'pretty' ? process.stdout : process.stderr).write(coverageText(covered, options.minCoverage))
  const fails = reports.some(({ trouble, cases }) => trouble !== undefined || cases.some((report) => hasFailed(report, options)))
  const isPoor = options.minCoverage !== undefined && (covered.all - covered.missed.length) * 100 < options.minCoverage * covered.all
  process.exitCode = fails || isPoor ? 1 : 0
}

/** What was updated has not failed, unless a step could not be taken. */
function hasFailed({ failures, real, result }: CaseReport, { update }: Options): boolean {
  return (update === true ? result.stopped !== undefined : failures.length > 0) || real.length > 0
}

function render(reports: readonly FileReport[], { format, update = false }: Options): string {
  switch (format) {
    case 'pretty': return testText(reports, { updates: update, width: process.stdout.columns ?? 120, colour: isColoured() })
    case 'tap': return testTap(reports)
    case 'junit': return testJunit(reports)
    default: return format satisfies never
  }
}

function isColoured(): boolean {
  return pc.isColorSupported && process.stdout.isTTY === true
}

/** The test files that are meant; where there are none says so, sets exit code 2, and answers undefined. */
async function testFiles(paths: readonly string[]): Promise<readonly string[] | undefined> {
  const files: string[] = []
  for (const path of paths) {
    try {
      if (!(await stat(path)).isDirectory()) files.push(path)
      else {
        const found = (await filesMatching('**/*.test.{yaml,yml}', path)).files.filter((file) => !file.includes('node_modules/'))
        if (found.length === 0) return fail(`${path} is a folder, and has no *.test.yaml`)
        files.push(...found)
      }
    } catch (error) {
      return fail(`cannot read ${path}: ${fileReason(error)}`)
    }
  }
  return [...new Set(files)]
}

interface Tested {
  readonly report: FileReport
  /** Absent where the rules have errors. */
  readonly program: Program | undefined
}

async function testOne(name: string, options: Options): Promise<Tested | undefined> {
  let text: string
  try {
    text = await readFile(name, 'utf8')
  } catch (error) {
    return fail(`cannot read ${name}: ${fileReason(error)}`)
  }
  const document = readDocument({ name, text })
  const own: Source = { name, text }
  if (document.findings.length > 0) return broken(name, document.findings, [own])
  if (document.rules === undefined) {
    // whatever else is wrong with it is said with that
    return broken(name, readTests(document, []).findings, [own])
  }
  const snapshot = await readSources(document.rules.value.map((file) => isAbsolute(file) ? file : join(dirname(name), file)), { overrides: false })
  if (!snapshot.readable) {
    return broken(name, [{ check: CHECK, severity: 'error', span: document.rules.span, message: `cannot read the rules file ${snapshot.file}: ${snapshot.reason}` }], [own])
  }
  const { program, diagnostics } = compile(snapshot.sources)
  if (program === undefined) return broken(name, diagnostics.filter(({ severity }) => severity === 'error'), snapshot.sources)
  const pools = usedPools(program)
  const { file, findings } = readTests(document, pools.map((pool) => pool.name))
  if (file === undefined) return broken(name, findings, [own])
  const redis: RealRedis | undefined = options.redis === undefined ? undefined : { specs: poolsAt(options.redis, pools), besideOthers: options.besideOthers === true }
  try {
    const cases = await runFile(file, { program, pools: pools.map((pool) => pool.name), redis })
    const after = options.update === true ? updated(text, file, cases.map(({ result }) => result), { several: pools.length > 1 }) : text
    if (after !== text) await writeFile(name, after)
    return { program, report: { name, trouble: undefined, cases, isUpdated: after !== text } }
  } catch (error) {
    if (!(error instanceof UnfitRedis)) throw error
    return fail(`the Redis at ${options.redis?.shown ?? ''} cannot be used for tests: ${error.message}`)
  }
}

function broken(name: string, findings: readonly Diagnostic[], sources: readonly Source[]): Tested {
  return { program: undefined, report: { name, trouble: { findings, shown: (colour) => renderPretty(findings, sources, { colour }) }, cases: [], isUpdated: false } }
}

function fail(sentence: string): undefined {
  process.stderr.write(`hookline: ${sentence}\n`)
  process.exitCode = 2
}
