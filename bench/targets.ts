import type { MetricName } from './metrics.ts'
import type { Cell } from './results.ts'

/** What hookline is to reach; in the report each is met or not. */
export interface Target {
  readonly what: string
  readonly of: Cell
  readonly metric: MetricName
  /** The figure is how many times that of this one. */
  readonly against?: Cell
  /** The figure is how much it is above that of this one. */
  readonly over?: Cell
  /** How the figure is to be beside bar and aim. */
  readonly is: 'at most' | 'at least'
  readonly bar: number
  /** What we are out for beyond the bar. */
  readonly aim?: number
  readonly unit: '×' | 'ms' | 'MiB' | '/s'
}

const cell = (scenario: string, phase: string, subject: string): Cell => ({ scenario, phase, subject })

const stored = (subject: string): Cell => cell('stored-qos1', 'saturated', subject)
const paced = (subject: string): Cell => cell('stored-qos1', 'paced', subject)
const roundTrip = (subject: string): Cell => cell('round-trip', 'saturated', subject)
const slow = (subject: string): Cell => cell('round-trip-slow', 'saturated', subject)
const unmatched = (subject: string): Cell => cell('no-rule', 'saturated', subject)
const many = (rules: string): Cell => cell('many-rules', 'saturated', `hookline, ${rules} rules`)
const fetched = cell('offline-fetch-100k', 'fetch', 'hookline')

export const TARGETS: readonly Target[] = [
  { what: 'stored QoS 1 publish, no subscriber, saturated', of: stored('hookline'), against: stored('hand-written'), metric: 'brokerUs', is: 'at most', bar: 0.2, aim: 0.12, unit: '×' },
  { what: 'stored QoS 1 publish, no subscriber, saturated', of: stored('hookline'), against: stored('aedes'), metric: 'brokerUs', is: 'at most', bar: 1.5, aim: 1, unit: '×' },
  { what: 'the same with the default rules', of: stored('hookline, default rules'), against: stored('hookline'), metric: 'brokerUs', is: 'at most', bar: 1.15, aim: 1.05, unit: '×' },
  { what: 'queue round trip, subscriber as fast as the publishers', of: roundTrip('hookline'), against: roundTrip('hand-written'), metric: 'brokerUs', is: 'at most', bar: 0.4, unit: '×' },
  { what: 'queue round trip, subscriber as fast as the publishers', of: roundTrip('hookline'), against: roundTrip('aedes'), metric: 'brokerUs', is: 'at most', bar: 1.5, aim: 1, unit: '×' },
  { what: 'queue round trip, subscriber slower', of: slow('hookline'), against: slow('aedes'), metric: 'brokerUs', is: 'at most', bar: 2, aim: 1.5, unit: '×' },
  { what: 'stored QoS 1 publish, paced 3,000/s', of: paced('hookline'), against: paced('hand-written'), metric: 'brokerUs', is: 'at most', bar: 0.5, aim: 0.4, unit: '×' },
  { what: 'stored QoS 1 publish, paced 3,000/s: ack p50', of: paced('hookline'), metric: 'ackP50Ms', is: 'at most', bar: 1, unit: 'ms' },
  { what: 'stored QoS 1 publish, paced 3,000/s: ack p99, above that of aedes', of: paced('hookline'), over: paced('aedes'), metric: 'ackP99Ms', is: 'at most', bar: 2, unit: 'ms' },
  { what: 'publish that no rule matches', of: unmatched('hookline'), against: unmatched('aedes'), metric: 'brokerUs', is: 'at most', bar: 1.03, aim: 1, unit: '×' },
  { what: 'offline fetch, 100,000 messages', of: fetched, metric: 'perSecond', is: 'at least', bar: 30_000, aim: 60_000, unit: '/s' },
  { what: 'offline fetch, 100,000 messages: growth', of: fetched, metric: 'growthMiB', is: 'at most', bar: 80, unit: 'MiB' },
  { what: 'connect with presence and lookup', of: cell('connects', 'storm', 'hookline'), against: cell('connects', 'storm', 'aedes'), metric: 'brokerUs', is: 'at most', bar: 1.3, aim: 1, unit: '×' },
  { what: '10,000 rules against 10', of: many('10,000'), against: many('10'), metric: 'brokerUs', is: 'at most', bar: 1.1, aim: 1.02, unit: '×' },
  { what: 'idle connection', of: cell('idle', 'idle', 'hookline, default rules'), against: cell('idle', 'idle', 'aedes'), metric: 'perConnectionKiB', is: 'at most', bar: 1.1, aim: 0.6, unit: '×' },
  { what: 'Redis CPU for a stored message, against a bare pipeline', of: cell('redis-limit', 'through the broker', 'hookline'), against: cell('redis-limit', 'pipelined', 'hookline'), metric: 'redisUs', is: 'at most', bar: 1.5, aim: 1.2, unit: '×' },
  { what: 'start to ready', of: cell('start', 'start', 'hookline'), metric: 'readyMs', is: 'at most', bar: 500, aim: 250, unit: 'ms' },
]
