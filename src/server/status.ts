import type { Address, PoolSpec, Program, Step } from '../plan/program.ts'
import type { ClosureCount } from '../engine/counters.ts'
import type { ReloadReport } from '../engine/reload.ts'
import type { RuleCounts } from '../engine/outcomes.ts'
import type { OpenPool } from '../store/open-pool.ts'
import type { EventLoopLook } from './event-loop.ts'
import { diagnosticFields, type DiagnosticFields } from './reload-log.ts'
import { listenerUrl } from './listener-url.ts'
import type { BoundListener, RuntimeLook } from './runtime-port.ts'
import { addressText } from './start-failure.ts'

/** What there is to know of a running broker at one moment, as JSON. Holds no secret. */
export interface Status {
  readonly version: string
  readonly pid: number
  /** `node.name` as it was started. */
  readonly node: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly uptimeSeconds: number
  /** Where it was started: names of files in diagnostics are seen from there. */
  readonly folder: string
  /** Rules files, absolute. */
  readonly files: readonly string[]
  readonly generation: number
  readonly hash: string
  /** Null before the first. */
  readonly lastReload: ReloadStatus | null
  readonly listeners: readonly ListenerStatus[]
  /** Clients that are connected. */
  readonly connections: number
  readonly sessions: RuntimeLook['sessions']
  readonly memory: { readonly rssBytes: number }
  /** Since it was ready. */
  readonly eventLoop: EventLoopLook
  /** Null if no pool needs it. */
  readonly embedded: { readonly socket: string, readonly folder: string } | null
  readonly pools: readonly PoolStatus[]
  readonly rules: readonly RuleStatus[]
  readonly functions: readonly FunctionStatus[]
  /** Those that are not 0, by name. */
  readonly counters: Readonly<Record<string, number>>
  /** Connections that have ended other than by their clients, since the start; the most frequent reasons first. */
  readonly closures: readonly ClosureCount[]
}

export type ReloadStatus = Omit<ReloadReport, 'diagnostics'> & { readonly at: string, readonly diagnostics: readonly DiagnosticFields[] }

export interface ListenerStatus extends Address {
  readonly kind: string
  readonly name: string
  /** For a client. */
  readonly url: string
}

export interface PoolStatus {
  readonly name: string
  readonly type: PoolSpec['type']
  /** `embedded`, or `host:port` of each server. */
  readonly address: readonly string[]
  readonly database: number
  readonly connected: boolean
  /** Null while it is connected. `since` as ISO 8601. */
  readonly away: { readonly since: string, readonly reason: string } | null
  readonly pendingBytes: number
  /** Submissions that wait for a round, and that have left in one and are not answered in full. */
  readonly waiting: number
  readonly sent: number
  /** Replaced by a reload, and not closed yet. */
  readonly draining: boolean
}

export interface RuleStatus extends RuleCountsStatus {
  /** Such as `message.publish.1`. */
  readonly rule: string
  readonly file: string
  readonly line: number
  readonly pool: string
  readonly topic: string | null
  /** Null of a rule with commands. */
  readonly function: string | null
}

export interface FunctionStatus extends Omit<RuleCountsStatus, 'lastError'> {
  /** `commands` stands for all rules with commands. */
  readonly function: string
  readonly rules: number
}

type RuleCountsStatus = Pick<RuleCounts, 'matched' | 'done' | 'failed'> & { readonly lastError: string | null }

/** What is looked at. */
export interface StatusSources {
  readonly version: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Absolute. */
  readonly files: readonly string[]
  readonly node: string
  readonly generation: { readonly number: number, readonly program: Program }
  readonly lastReload: { readonly report: ReloadReport, readonly at: Date } | undefined
  readonly listeners: readonly BoundListener[]
  readonly runtime: RuntimeLook
  readonly eventLoop: EventLoopLook
  readonly embedded: { readonly socket: string, readonly folder: string } | undefined
  readonly pools: readonly OpenPool[]
  readonly draining: readonly OpenPool[]
}

export function statusOf(sources: StatusSources): Status {
  const { generation: { number, program }, runtime } = sources
  const rules = Object.values(program.steps).flat().map(step => ruleStatus(step, runtime.countsOf(step)))
  return {
    version: sources.version,
    pid: process.pid,
    node: sources.node,
    startedAt: new Date(sources.startedAt).toISOString(),
    uptimeSeconds: Math.floor((Date.now() - sources.startedAt) / 1_000),
    folder: process.cwd(),
    files: sources.files,
    generation: number,
    hash: program.hash,
    lastReload: sources.lastReload === undefined ? null : reloadStatus(sources.lastReload),
    listeners: sources.listeners.map(bound => ({ kind: bound.listener.kind, name: bound.listener.name, ...bound.address, url: listenerUrl(bound) })),
    connections: runtime.connections,
    sessions: runtime.sessions,
    memory: { rssBytes: process.memoryUsage.rss() },
    eventLoop: sources.eventLoop,
    embedded: sources.embedded ?? null,
    pools: [
      ...sources.pools.map(pool => poolStatus(pool, { draining: false })),
      ...sources.draining.map(pool => poolStatus(pool, { draining: true })),
    ],
    rules,
    functions: byFunction(rules),
    counters: Object.fromEntries(Object.entries<number>({ ...runtime.counters }).filter(([, count]) => count > 0)),
    closures: runtime.closures,
  }
}

function reloadStatus({ report, at }: { readonly report: ReloadReport, readonly at: Date }): ReloadStatus {
  return { ...report, at: at.toISOString(), diagnostics: report.diagnostics.map(diagnosticFields) }
}

function poolStatus(pool: OpenPool, { draining }: { readonly draining: boolean }): PoolStatus {
  const { spec, outage, load } = pool
  return {
    name: spec.name,
    type: spec.type,
    address: spec.server === 'embedded' ? ['embedded'] : spec.server.map(addressText),
    database: spec.database,
    connected: pool.ready,
    away: pool.ready || outage === undefined ? null : { since: new Date(outage.since).toISOString(), reason: outage.clause },
    pendingBytes: pool.pendingBytes,
    ...load,
    draining,
  }
}

function ruleStatus({ hook, number, at, pool, filter, action }: Step, { matched, done, failed, lastError }: Readonly<RuleCounts>): RuleStatus {
  return {
    rule: `${hook}.${number}`, file: at.file, line: at.line, pool, topic: filter ?? null,
    function: action.kind === 'function' ? action.name : null, matched, done, failed, lastError: lastError ?? null,
  }
}

function byFunction(rules: readonly RuleStatus[]): readonly FunctionStatus[] {
  const sums = new Map<string, FunctionStatus>()
  for (const rule of rules) {
    const name = rule.function ?? 'commands'
    const sum = sums.get(name) ?? { function: name, rules: 0, matched: 0, done: 0, failed: 0 }
    sums.set(name, {
      function: name, rules: sum.rules + 1,
      matched: sum.matched + rule.matched, done: sum.done + rule.done, failed: sum.failed + rule.failed,
    })
  }
  return [...sums.values()]
}
