import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { RedisServer } from '../store/redis-server.ts'
import { makeFolder, removeFolder } from '../support/temp-folder.ts'

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url))

/**
 * Without compiler threads and with nothing collected, what is counted depends on the input alone: a
 * call is a call and an allocation an allocation, however fast the machine is and whatever else it does.
 */
const FLAGS = ['--expose-gc', '--no-opt', '--no-maglev', '--no-sparkplug', '--single-threaded', '--min-semi-space-size=256', '--max-semi-space-size=256']

/** A worker that takes so long is stuck. */
const WORKER_MS = 200_000

/** What is counted for a message, as rows. */
export const METRICS = {
  calls: { tolerance: 0.01, ofNode: false },
  packageCalls: { tolerance: 0.01, ofNode: false },
  nodeCalls: { tolerance: 0.02, ofNode: true },
  heapBytes: { tolerance: 0.04, ofNode: true },
  bufferBytes: { tolerance: 0.05, ofNode: true },
  promises: { tolerance: 0.02, ofNode: false },
  immediates: { tolerance: 0.02, ofNode: false },
  ticks: { tolerance: 0.05, ofNode: true },
  timers: { tolerance: 0.05, ofNode: true },
  socketWrites: { tolerance: 0.02, ofNode: false },
  redisCommands: { tolerance: 0.02, ofNode: false },
} as const satisfies Record<string, {
  /** A share of the stored figure: some times what ten runs differ by. */
  readonly tolerance: number
  /** Another version of Node has another figure. */
  readonly ofNode: boolean
}>

export type MetricName = keyof typeof METRICS
export type Counts = Readonly<Record<MetricName, number>>

/** What the worker is to do. */
export interface Job {
  /** Rules file with `pool1` and a listener. */
  readonly file: string
  readonly topic: string
  /** Somebody subscribes to the topic and acknowledges. */
  readonly subscriber: boolean
  /** What is added to each message on purpose, one after the other; the names are the worker's. */
  readonly burdens: readonly string[]
}

/** Counts what messages take under these rules, and what they take with each burden. */
export async function count(redis: RedisServer, { rules, ...job }: Omit<Job, 'file'> & { readonly rules: string }): Promise<ReadonlyMap<string, Counts>> {
  const folder = makeFolder()
  try {
    const file = join(folder, 'rules.conf')
    // how many payloads are held for their hash is a matter of time, unless all are kept
    writeFileSync(file, `${rules}
events.keep_payload = on
backend.redis.pool1.server = 127.0.0.1:${redis.port}
listener.tcp.external = 127.0.0.1:0
listener.ws.external = off
mqtt.max_inflight = 1000
`)
    // what one way has stored is not to be fetched by the next
    await redis.client.flushall()
    const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, WORKER, JSON.stringify({ ...job, file })], { timeout: WORKER_MS })
    return new Map(Object.entries(JSON.parse(stdout) as Record<string, Counts>)) // what the worker prints
  } finally {
    removeFolder(folder)
  }
}

/** For a message; of what is rare one more or less in a batch is nothing. */
const SLACK = 0.05

/** What became more than it was, in words; less is welcome. */
export function moreThan(stored: Counts, counted: Counts, { withNode, slackness = 1 }: { readonly withNode: boolean, readonly slackness?: number }): readonly string[] {
  return metricNames()
    .filter(name => withNode || !METRICS[name].ofNode)
    .filter(name => counted[name] > stored[name] * (1 + METRICS[name].tolerance * slackness) + SLACK)
    .map(name => `${name}: ${counted[name].toFixed(3)} for a message, and it was ${stored[name].toFixed(3)}`)
}

export function metricNames(): readonly MetricName[] {
  return Object.keys(METRICS) as MetricName[] // its own keys
}

/** Of each metric the lesser. */
export function least(a: Counts, b: Counts): Counts {
  return Object.fromEntries(metricNames().map(name => [name, Math.min(a[name], b[name])])) as Counts // of the same names
}
