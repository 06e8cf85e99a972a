import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { MOSQUITTO } from './brokers/mosquitto.ts'
import { conduct, percent, subjectsOf } from './conduct.ts'
import { describeMachine } from './machine/description.ts'
import { watchOthers } from './machine/others.ts'
import { Refusal } from './refusal.ts'
import { writeDocs } from './report/docs.ts'
import { alignedText, tablesOf } from './report/table.ts'
import { targetsAstray, verdictsOf, verdictTable } from './report/verdicts.ts'
import { disturbed, OTHERS_LIMIT, readResults, type Results } from './results.ts'
import type { Lengths } from './run.ts'
import { SCENARIOS } from './scenarios/index.ts'
import type { Scenario } from './scenarios/scenario.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const FULL: Lengths = { warmUp: 60_000, phaseMs: 2_500 }
const QUICK: Lengths = { warmUp: 60_000, phaseMs: 1_800 }
/** What starting and ending the three processes of a run takes. Seconds. */
const AROUND_SECONDS = 1.5
/** How fast a warm-up goes, roughly. Messages a second. */
const WARM_UP_PER_SECOND = 25_000

interface Options {
  readonly only?: readonly Scenario[]
  readonly reps?: number
  readonly quick: boolean
  readonly hookline: string
  readonly also?: string
  readonly out: string
  readonly report?: string
  readonly writeDocs: boolean
  readonly force: boolean
}

await new Command('bench')
  .description('measure hookline beside its peers, in one run')
  .usage('-- [options]')
  .option('--only <names>', `scenarios, with commas between: ${SCENARIOS.map(({ name }) => name).join(', ')}`, scenariosOf)
  .option('--reps <number>', 'repetitions; 3, with --quick 1', wholeNumber)
  .option('--quick', 'the scenarios that the targets speak of, once and shorter', false)
  .option('--hookline <dist>', 'folder of the build to measure', `${ROOT}dist`)
  .option('--also <dist>', 'another build of hookline, measured beside it')
  .option('--out <file>', 'where the figures go, as JSON', `${ROOT}bench/results/last.json`)
  .option('--report <file>', 'shows such a file, and measures nothing')
  .option('--write-docs', 'put the figures into docs/performance.md and draw the chart', false)
  .option('--force', 'measure and compare although the machine is busy; what was disturbed is marked', false)
  .action(async (options: Options) => {
    try {
      await run(options)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      process.stderr.write(`bench: ${error.message}\n`)
      process.exitCode = 2
    }
  })
  .parseAsync()

async function run(options: Options): Promise<void> {
  const astray = targetsAstray()
  if (astray.length > 0) throw new Error(`targets of what nobody measures: ${astray.join(', ')}`)
  report(options.report === undefined ? await measure(options) : readResults(options.report), options)
}

async function measure(options: Options): Promise<Results> {
  for (const dist of [options.hookline, ...options.also === undefined ? [] : [options.also]]) {
    if (!existsSync(`${dist}/cli/main.js`)) throw new Refusal(`no build of hookline in ${dist}`)
  }
  if (MOSQUITTO === undefined) throw new Refusal('mosquitto is one of the peers and not installed; type:\n  sudo apt-get install -y mosquitto')
  const scenarios = options.only ?? SCENARIOS.filter(({ quick }) => !options.quick || quick === true)
  const lengths = options.quick ? QUICK : FULL
  const repetitions = options.reps ?? (options.quick ? 1 : 3)
  const also = options.also === undefined ? undefined : resolve(options.also)

  const seconds = scenarios.reduce((sum, scenario) =>
    sum + subjectsOf(scenario, also).length * (scenario.seconds + AROUND_SECONDS + lengths.warmUp / WARM_UP_PER_SECOND), 0) * repetitions
  say(`${scenarios.length} scenarios, ${repetitions} repetitions: about ${Math.ceil(seconds / 60)} minutes`)

  if (!options.force) await refuseBusy()
  const results: Results = {
    when: new Date().toISOString(),
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.replace(/ -- $/, ''),
    machine: describeMachine(),
    repetitions,
    ...await conduct({ scenarios, repetitions, lengths, also, dist: resolve(options.hookline), force: options.force, say }),
  }
  mkdirSync(dirname(options.out), { recursive: true })
  writeFileSync(options.out, `${JSON.stringify(results, undefined, 1)}\n`)
  return results
}

function report(results: Results, { force, writeDocs: toDocs }: Options): void {
  const busy = results.rows.filter(disturbed)
  if (busy.length > 0 && !force) {
    throw new Refusal(`${busy.length} of ${results.rows.length} measurements were disturbed by other processes: no comparison; --force makes one all the same`)
  }
  for (const table of tablesOf(results)) process.stdout.write(`\n${alignedText(table)}`)
  const verdicts = verdictsOf(results)
  if (verdicts.length > 0) process.stdout.write(`\n${alignedText(verdictTable(verdicts))}`)
  if (toDocs) writeDocs(results, `${ROOT}docs`)
  for (const { scenario, subject, why } of results.failures) process.stdout.write(`\n${scenario}: ${subject} failed: ${why}\n`)
  if (results.failures.length > 0) process.exitCode = 1
}

/** Ends it if others use the machine. */
async function refuseBusy(): Promise<void> {
  const others = watchOthers([])
  await sleep(1_000)
  const share = others()
  if (share > OTHERS_LIMIT) throw new Refusal(`the machine is busy: other processes took ${percent(share)} of a core in the last second; wait, or --force`)
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function scenariosOf(names: string): readonly Scenario[] {
  return names.split(',').map((name) => {
    const scenario = SCENARIOS.find(it => it.name === name)
    if (scenario === undefined) throw new InvalidArgumentError(`no scenario ${name}`)
    return scenario
  })
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('a whole number from 1')
  return Number(text)
}
