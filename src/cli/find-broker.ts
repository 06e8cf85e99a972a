import { Option } from 'commander'
import { brokerSockets, controlFolder, type BrokerSocket } from '../server/control-folder.ts'
import type { Status } from '../server/status.ts'
import { askBroker } from './ask-broker.ts'
import { shortPath } from './short-path.ts'
import { packageVersion } from './version.ts'

/** A running broker that has just answered. */
export interface FoundBroker {
  readonly socket: string
  readonly status: Status
}

/** To be asked for its status. Milliseconds. */
const ANSWER_MS = 5_000

/** Of every command that talks to a running broker. */
export function brokerOption(): Option {
  return new Option('--broker <pid|node>', 'which one, where several run')
}

/**
 * The running broker of this user that is meant (SPEC 5.1): the only one, or that with this pid or
 * node name. Else says why there is none, sets exit code 2, and answers undefined.
 */
export async function findBroker(wanted: string | undefined): Promise<FoundBroker | undefined> {
  const all = await liveBrokers(wanted)
  if (typeof all === 'string') return fail(all)
  if (all.length === 0) return fail(`no running hookline of this user is registered in ${controlFolder()}`)
  const meant = wanted === undefined ? all : all.filter(({ socket, answer }) => String(socket.pid) === wanted || (answer.ok && answer.status.node === wanted))
  const [first] = meant
  if (first === undefined) return fail(`no hookline that runs here has the pid or node name ${wanted}:\n${list(all)}`)
  if (meant.length > 1) return fail(`several run here, say which one with --broker PID:\n${list(meant)}`)
  const { socket, answer } = first
  if (!answer.ok) return fail(`the hookline with pid ${socket.pid} cannot be asked: ${answer.sentence}`)
  noteVersion(answer.status)
  return { socket: socket.path, status: answer.status }
}

interface LiveBroker {
  readonly socket: BrokerSocket
  readonly answer: { readonly ok: true, readonly status: Status } | { readonly ok: false, readonly sentence: string }
}

/** All of this user, or that with the pid; a sentence if they cannot be looked for. */
async function liveBrokers(pid: string | undefined): Promise<readonly LiveBroker[] | string> {
  try {
    const sockets = await brokerSockets()
    // the others need not be waited for, should they stand still
    const named = sockets.filter(socket => String(socket.pid) === pid)
    const brokers = await Promise.all((named.length > 0 ? named : sockets).map(lookAt))
    return brokers.flatMap(broker => broker ?? [])
  } catch (error) {
    return `running brokers cannot be looked for: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** Undefined if it has just ended. */
async function lookAt(socket: BrokerSocket): Promise<LiveBroker | undefined> {
  const answer = await askBroker(socket.path, { method: 'GET', path: '/status', timeoutMs: ANSWER_MS })
  if (answer.ok) return { socket, answer: { ok: true, status: answer.body as Status } } // our own broker said so
  return answer.why === 'gone' ? undefined : { socket, answer }
}

/** One line each: what tells them apart. */
function list(brokers: readonly LiveBroker[]): string {
  return brokers.map(({ socket: { pid }, answer }) => {
    const about = answer.ok ? [answer.status.node, ...answer.status.listeners.map(({ url }) => url), ...answer.status.files.map(shortPath)] : [answer.sentence]
    return `  ${[String(pid).padEnd(7), ...about].join('  ')}`
  }).join('\n')
}

/** After an update the old broker may still run, and say less or more than is expected here. */
function noteVersion({ version, pid }: Status): void {
  const own = packageVersion()
  if (version !== own) process.stderr.write(`hookline: the broker with pid ${pid} is hookline ${version}, this command ${own}: restart the broker if the answer looks odd\n`)
}

function fail(sentence: string): undefined {
  process.stderr.write(`hookline: ${sentence}\n`)
  process.exitCode = 2
}
