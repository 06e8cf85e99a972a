import { execFile } from 'node:child_process'
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort, startRedis } from '../store/redis-server.ts'
import { startProxy } from '../store/tcp-proxy.ts'
import { BrokerProcess, DIST, type LogLine } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { between, type Random, randomFrom } from './random.ts'
import { SteadyFlow, type FlowResult } from './steady-flow.ts'

/** What is done to the rules file. */
export type Rewrite = 'valid' | 'broken' | 'torn' | 'renamed' | 'empty' | 'pool changed' | 'pool added' | 'pool removed' | 'pool refuses' | 'pool silent'

export interface ReloadsResult extends FlowResult {
  /** Reports that were not what the rewrite had to bring. */
  readonly misreported: readonly string[]
  /** Longest time in which the broker's thread did not come to what waited, and the most that it worked in such a time. */
  readonly stallMs: number
  readonly workMs: number
  /** What `hookline status` says of the former; the first second is in it. */
  readonly statusStallMs: number
  /** Between the first reloads and the last, after garbage collections. */
  readonly grownBytes: number
}

/** From a save to its report: the watcher waits until a file is whole, longer for an empty one; a pool has five seconds. Milliseconds. */
const REPORT_MS = 20_000
const IDLE_MS = 20_000
/** Reloads before the heap is looked at for the first time. */
const WARM = 10
const STALL_WATCH = fileURLToPath(new URL('stall-watch.mjs', import.meta.url))
const TOPICS = ['queue/1', 'pubsub/1', 'queue/2', 'pubsub/2']

/** Rewrites the rules file again and again while messages flow. */
export async function runReloads({ seed, rewrites, perSecond, dist = DIST, idleMs = IDLE_MS }: {
  readonly seed: number
  readonly rewrites: readonly Rewrite[]
  readonly perSecond: number
  readonly dist?: string
  /** How long nothing may arrive before what is missing counts as lost. */
  readonly idleMs?: number
}): Promise<ReloadsResult> {
  const random = randomFrom(seed)
  const ends: (() => Promise<unknown>)[] = []
  const end = async (): Promise<void> => { for (const each of ends.reverse()) await each() }
  try {
    const [redis, other] = [await startRedis(), await startRedis()]
    ends.push(() => redis.stop(), () => other.stop())
    const silent = await startProxy(other.port)
    ends.push(() => silent.stop())
    silent.swallow()
    const ports: Ports = { pool1: redis.port, pool2: other.port, refusing: await freePort(), silent: silent.port }
    const state: State = { number: 0, poolSize: 8, pool2: false }

    const broker = new BrokerProcess({ rules: linesOf(state, ports), dist, preload: STALL_WATCH })
    ends.push(() => broker.remove())
    await broker.start()
    const flow = new SteadyFlow({ port: () => broker.port, publishers: 4, subscribers: 2, topics: TOPICS })
    ends.push(() => flow.stop())
    flow.connect()
    await eventually('all are connected', () => flow.connected)
    flow.start(perSecond)
    await sleep(1_000)

    const misreported: string[] = []
    const watchedFrom = broker.log.length
    const heaps: number[] = []
    for (const [i, rewrite] of rewrites.entries()) {
      if (i === Math.min(WARM, rewrites.length - 1) || i === rewrites.length - 1) heaps.push(await heapOf(broker))
      const from = broker.log.length
      const wanted = await REWRITES[rewrite]({ broker, ports, random, state })
      const report = await broker.waitForLog(`reload ${wanted.result}`, { from, deadlineMs: REPORT_MS }).catch((error: unknown) => error)
      const problem = report instanceof Error ? report.message : wanted.wrong?.(report as LogLine) // it is the line
      if (problem !== undefined) misreported.push(`${rewrite}: ${problem}`)
    }
    flow.pause()
    // a subscriber may be far behind, and reads on as long as it takes
    for (let before = -1; !flow.settled && flow.arrived > before;) {
      before = flow.arrived
      await eventually('more has arrived', () => flow.settled || flow.arrived > before, idleMs).catch(() => undefined)
    }
    const stalls = broker.log.slice(watchedFrom).filter(({ msg }) => msg === 'stalled')
    const [first = 0, last = 0] = heaps
    return {
      ...flow.result(), ...flow.settled ? {} : { outOfTurn: [...flow.result().outOfTurn, 'not everything has arrived'] },
      misreported,
      stallMs: Math.max(0, ...stalls.map(({ ms }) => Number(ms))),
      workMs: Math.max(0, ...stalls.map(({ ranMs }) => Number(ranMs))),
      statusStallMs: await statusStall(broker, dist),
      grownBytes: last - first,
    }
  } finally {
    await end()
  }
}

interface Ports {
  readonly pool1: number
  readonly pool2: number
  readonly refusing: number
  readonly silent: number
}

interface State {
  number: number
  poolSize: number
  pool2: boolean
}

interface Wanted {
  readonly result: 'applied' | 'rejected'
  /** What is wrong with the report, if anything. */
  readonly wrong?: (report: LogLine) => string | undefined
}

interface Rewriting {
  readonly broker: BrokerProcess
  readonly ports: Ports
  readonly random: Random
  readonly state: State
}

const APPLIED: Wanted = { result: 'applied' }

const REWRITES: Readonly<Record<Rewrite, (on: Rewriting) => Wanted | Promise<Wanted>>> = {
  valid(on) {
    write(on, next(on))
    return APPLIED
  },
  renamed(on) {
    const { file } = on.broker
    writeFileSync(`${file}.new`, next(on))
    renameSync(`${file}.new`, file)
    return APPLIED
  },
  async torn(on) {
    const text = next(on)
    const tear = text.indexOf('"action"') + between(on.random, 1, 20)
    write(on, text.slice(0, tear))
    await sleep(between(on.random, 0, 400))
    appendFileSync(on.broker.file, text.slice(tear))
    return APPLIED
  },
  broken(on) {
    const name = `on_message_publisch_${on.state.number}`
    write(on, next(on).replace('on_message_publish', name))
    return { result: 'rejected', wrong: ({ diagnostics }) => JSON.stringify(diagnostics)?.includes(name) ? undefined : `${JSON.stringify(diagnostics)} does not name ${name}` }
  },
  empty(on) {
    write(on, '')
    return { result: 'rejected' }
  },
  'pool changed'(on) {
    on.state.poolSize = on.state.poolSize === 8 ? 9 : 8
    write(on, next(on))
    return { result: 'applied', wrong: pools('changed', 'pool1') }
  },
  'pool added'(on) {
    on.state.pool2 = true
    write(on, next(on))
    return { result: 'applied', wrong: pools('added', 'pool2') }
  },
  'pool removed'(on) {
    on.state.pool2 = false
    write(on, next(on))
    return { result: 'applied', wrong: pools('removed', 'pool2') }
  },
  'pool refuses': (on) => unreachable(on, on.ports.refusing),
  'pool silent': (on) => unreachable(on, on.ports.silent),
}

function unreachable(on: Rewriting, port: number): Wanted {
  write(on, `${next(on)}${rules(rule('message.publish.9', ['SET x y'], 'x/#').replace('pool1', 'pool3'), `backend.redis.pool3.server = 127.0.0.1:${port}`)}`)
  return { result: 'rejected', wrong: ({ reason }) => String(reason).includes('pool3') ? undefined : `${String(reason)} does not name pool3` }
}

function pools(change: 'added' | 'removed' | 'changed', name: string): (report: LogLine) => string | undefined {
  return ({ pools: changes }) => JSON.stringify(changes)?.includes(`"${change}":["${name}"]`) ? undefined : `${JSON.stringify(changes)} does not say that ${name} was ${change}`
}

function write({ broker }: Rewriting, text: string): void {
  writeFileSync(broker.file, text)
}

/** The next version of the file, as it stands on disk. */
function next({ broker, state, ports }: Rewriting): string {
  state.number++
  return broker.fileWith(linesOf(state, ports))
}

/** Rules with one that no other version has. */
function linesOf({ number, poolSize, pool2 }: State, ports: Ports): string {
  return rules(
    ...STORED,
    rule(`message.publish.${100 + number}`, [`SET rewrite ${number}`], `rewrite/${number}`),
    `backend.redis.pool1.server = 127.0.0.1:${ports.pool1}`,
    `backend.redis.pool1.pool_size = ${poolSize}`,
    ...pool2 ? [rule('message.publish.8', ['INCR seen'], 'queue/1').replace('pool1', 'pool2'), `backend.redis.pool2.server = 127.0.0.1:${ports.pool2}`] : [],
  )
}

async function heapOf(broker: BrokerProcess): Promise<number> {
  const from = broker.log.length
  broker.signal('SIGUSR2')
  return Number((await broker.waitForLog('heap', { from }))['bytes'])
}

async function statusStall(broker: BrokerProcess, dist: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(dist, 'bundle/main.js'), 'status', '--json', '--broker', String(broker.pid)])
  const { eventLoop } = JSON.parse(stdout) as { readonly eventLoop: { readonly longestStallMs: number } }
  return eventLoop.longestStallMs
}
