import { Command, Option } from 'commander'
import type { RecentLook } from '../engine/recent-events.ts'
import { askBroker } from './ask-broker.ts'
import { brokerOption, findBroker, type FoundBroker } from './find-broker.ts'
import { statusText } from './status-text.ts'

/** Many events, from a broker that has much to do. Milliseconds. */
const EVENTS_MS = 30_000

export function statusCommand(): Command {
  return new Command('status')
    .addOption(brokerOption())
    .addOption(new Option('--json', 'all of it as JSON'))
    .addOption(new Option('--events', 'its last events in place of that, as JSON: for hookline plan OLD NEW --events').conflicts('json'))
    .addHelpText('after', `
MATCHED counts the events that a rule ran on since the broker started or the rule came; DONE those whose
work Redis has done. A rule that was moved, or given another topic, goes on counting. FAILED is what
Redis said no to; a rule that fetches or looks up asks again, so it may fail often and be done in the end.

Exit codes: 0 it was said, 2 no broker could be asked.`)
    .action(run)
}

interface Options {
  readonly broker?: string
  readonly json?: boolean
  readonly events?: boolean
}

async function run({ broker, json = false, events = false }: Options): Promise<void> {
  const found = await findBroker(broker)
  if (found === undefined) return
  const text = events ? await eventsOf(found) : json ? `${JSON.stringify(found.status, null, 2)}\n` : statusText(found.status, Date.now())
  if (text === undefined) return
  // whoever reads it may have seen enough (`hookline status | head`)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  process.stdout.write(text)
}

/** One event a line; where there are none to be had says why, sets exit code 2, and answers undefined. */
async function eventsOf({ socket, status }: FoundBroker): Promise<string | undefined> {
  const answer = await askBroker(socket, { method: 'GET', path: '/events', timeoutMs: EVENTS_MS })
  if (!answer.ok) {
    process.stderr.write(`hookline: ${answer.why === 'refused' ? '' : `the broker with pid ${status.pid} was asked in vain: `}${answer.sentence}\n`)
    process.exitCode = 2
    return undefined
  }
  const { events, ...rest } = answer.body as RecentLook // our own broker said so
  return `${JSON.stringify(rest).slice(0, -1)},"events":[${events.map(event => `\n${JSON.stringify(event)}`).join(',')}\n]}\n`
}
