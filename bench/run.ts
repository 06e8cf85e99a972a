import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { BROKERS, type BrokerName } from './brokers/index.ts'
import type { Broker } from './brokers/broker.ts'
import { startRedis } from './brokers/redis.ts'
import { type Load, startLoad } from './load/load-process.ts'
import type { LoadFigures } from './load/orders.ts'
import { watchOthers } from './machine/others.ts'
import { cpuMicroseconds, peakMebibytes } from './machine/process-usage.ts'
import type { Values } from './metrics.ts'

/** A broker with its rules, under the name that it has in a table. */
export interface Subject {
  readonly name: string
  readonly broker: BrokerName
  /** For hookline. */
  readonly rules?: string
  /** Another build of hookline than the one that is run without saying. */
  readonly dist?: string
}

/** Lengths of what is measured. */
export interface Lengths {
  /** Messages before anything counts: a cold broker takes several times as much for each. */
  readonly warmUp: number
  /** Of a phase that is bounded by time. Milliseconds. */
  readonly phaseMs: number
}

/** What a phase came to. */
export interface Measurement {
  readonly phase: string
  readonly values: Values
  /** What other processes took of a core meanwhile: 0.5 is half of one. */
  readonly others: number
}

/** What a piece of work saw, and what only it can know. */
export interface Measured {
  readonly figures: LoadFigures
  readonly more?: Values
}

/** One broker, one Redis and one load process, all new, and what can be measured with them. */
export interface Run {
  readonly broker: Broker
  readonly redisPort: number
  readonly load: Load
  readonly folder: string
  readonly lengths: Lengths
  readonly subject: Subject
  /** From the start of the broker process until it took connections. Milliseconds. */
  readonly readyMs: number
  /** Measures what happens during the work, for each of its messages. */
  readonly measure: (phase: string, work: () => Promise<Measured>) => Promise<void>
}

export interface RunOptions {
  readonly subject: Subject
  readonly lengths: Lengths
  readonly dist: string
}

/** Starts all three, lets `measure` work, ends them, and returns what was measured. */
export async function runOnce({ subject, lengths, dist }: RunOptions, work: (run: Run) => Promise<void>): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'))
  const ends: (() => Promise<void>)[] = []
  const measurements: Measurement[] = []
  try {
    const redis = await startRedis()
    ends.push(() => redis.child.end())
    const load = startLoad()
    ends.push(() => load.end())
    const start = performance.now()
    const broker = await BROKERS[subject.broker]({ redisPort: redis.port, folder, rules: subject.rules ?? '', dist: subject.dist ?? dist })
    const readyMs = performance.now() - start
    ends.push(() => broker.child.end())
    const pids = [broker.child.pid, redis.child.pid, load.pid]

    async function measure(phase: string, phaseWork: () => Promise<Measured>): Promise<void> {
      const others = watchOthers(pids)
      const before = pids.map(cpuMicroseconds)
      const { figures, more } = await phaseWork()
      const [brokerUs = 0, redisUs = 0, loadUs = 0] = pids.map((pid, index) => (cpuMicroseconds(pid) - (before[index] ?? 0)) / figures.messages)
      measurements.push({
        phase,
        others: others(),
        values: known({ ...valuesOf(figures), brokerUs, redisUs, loadUs, peakMiB: peakMebibytes(broker.child.pid), ...more }),
      })
    }

    await Promise.race([broker.child.died, work({ broker, load, folder, lengths, subject, readyMs, measure, redisPort: redis.port })])
  } finally {
    for (const end of ends.reverse()) await end()
    rmSync(folder, { recursive: true, force: true })
  }
  return measurements
}

function valuesOf(figures: LoadFigures): Values {
  const { messages, seconds, ackP50Ms, ackP99Ms, deliveryP50Ms, deliveryP99Ms } = figures
  return { perSecond: messages / seconds, ackP50Ms, ackP99Ms, deliveryP50Ms, deliveryP99Ms, lost: figures.owed - figures.delivered }
}

/** Without what could not be measured, or of which there was none. */
function known(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)))
}
