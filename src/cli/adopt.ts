import { Command, InvalidArgumentError, Option } from 'commander'
import type { PoolSpec } from '../plan/program.ts'
import { adopt, type Adoption } from '../store/adopt.ts'
import { brokerOption } from './find-broker.ts'
import { poolNamed } from './pool-named.ts'
import { readProgram } from './read-program.ts'
import { fileOption, rulesFiles } from './rules-files.ts'

interface Options {
  readonly file: readonly string[] | undefined
  readonly broker: string | undefined
  readonly rate: number
  readonly dryRun: boolean | undefined
}

export function adoptCommand(): Command {
  return new Command('adopt')
    .argument('<pool>', 'its name in the rules')
    .addOption(fileOption())
    .addOption(brokerOption())
    .addOption(new Option('--rate <keys>', 'keys of Redis to look at in a second').default(10_000).argParser(wholeRate))
    .addOption(new Option('--dry-run', 'only count'))
    .addHelpText('after', `
Looks once through all keys of the pool's database, at a rate that lets others work; may run beside a
broker, and be stopped: the next run goes on there.

Exit codes: 0 done, 1 the rules have errors or it was stopped, 2 it could not be done.`)
    .action(run)
}

function wholeRate(text: string): number {
  const rate = Number(text)
  if (!Number.isInteger(rate) || rate < 1) throw new InvalidArgumentError('a whole number of keys from 1 on is needed.')
  return rate
}

async function run(name: string, { file, broker, rate, dryRun = false }: Options): Promise<void> {
  const files = await rulesFiles({ file, broker })
  const found = files === undefined ? undefined : await poolIn(files, name)
  if (found === undefined) return
  const { spec, folder } = found
  const abort = new AbortController()
  const stop = (): void => { abort.abort() }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const progress = progressLine()
  try {
    const adoption = await adopt({ spec, folder, dryRun, keysPerSecond: rate, signal: abort.signal, onProgress(adoption) { progress.show(adoption) } })
    progress.end()
    process.stdout.write(`${summary(adoption, dryRun)}\n`)
    if (!adoption.finished) process.exitCode = 1
  } catch (error) {
    progress.end()
    fail(`the Redis of ${name} (${spec.at.file}:${spec.at.line}) is not there: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** The pool of the rules that is meant, and the folder of the rules; else says why there is none. */
async function poolIn(files: readonly string[], name: string): Promise<{ readonly spec: PoolSpec, readonly folder: string } | undefined> {
  const read = await readProgram(files)
  if (read === undefined) return undefined
  const { program, folder } = read
  const spec = poolNamed(program, name)
  if (spec === undefined) return undefined
  if (spec.type === 'cluster') return fail(`${name} is a ${spec.type} pool, which cannot be adopted yet`)
  if (spec.server === 'embedded') return fail(`${name} is the embedded store, which EMQ X never wrote to`)
  return { spec, folder }
}

function fail(sentence: string): undefined {
  process.stderr.write(`hookline: ${sentence}\n`)
  process.exitCode = 2
}

function summary({ looked, total, logs, retained, added, finished }: Adoption, dryRun: boolean): string {
  const found = `${count(logs, 'topic')} with stored messages, and ${count(retained, 'topic')} with a retained message`
  const entered = dryRun ? `${added} of them in no index; nothing was changed` : `${added} of them newly in the indexes`
  const end = finished ? '' : `\nstopped after ${count(looked, 'key')} of about ${total}${dryRun ? '' : '; run it again to go on'}`
  return `${count(looked, 'key')} looked at: ${found}; ${entered}${end}`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

const BAR_CHARACTERS = 30

/** One line of a terminal, written over and over; nothing where there is none. */
function progressLine(): { show(adoption: Adoption): void, end(): void } {
  if (!process.stderr.isTTY) return { show() {}, end() {} }
  return {
    show({ looked, total, logs, retained, finished }) {
      const part = finished ? 1 : Math.min(looked / Math.max(total, 1), 1)
      const bar = '█'.repeat(Math.round(part * BAR_CHARACTERS)).padEnd(BAR_CHARACTERS, '░')
      process.stderr.write(`\r\u001b[2K${bar} ${Math.floor(part * 100)} %  ${count(looked, 'key')}, ${count(logs + retained, 'topic')}`)
    },
    end() { process.stderr.write('\r\u001b[2K') },
  }
}
