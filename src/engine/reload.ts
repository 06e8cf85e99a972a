import type { Compiled, Source } from '../compile.ts'
import type { Clock } from '../delivery/ports.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { diffPrograms, poolEquals, sameRedis, type Changes } from '../plan/diff.ts'
import type { PoolSpec, Program } from '../plan/program.ts'
import { emptied } from './blank.ts'
import type { Log } from './log-port.ts'
import type { OpenPool, PoolOpener, Snapshot, SwapTarget } from './reload-ports.ts'
import { openReady, usedPools, type PoolAbsent, type PoolOpened } from './used-pools.ts'

/** Who asked: the watcher of the files, SIGHUP, or `hookline reload`. */
export type ReloadTrigger = 'watch' | 'signal' | 'command'

/** What came of one reload. */
export interface ReloadReport {
  readonly trigger: ReloadTrigger
  readonly result: 'applied' | 'unchanged' | 'rejected'
  /** What runs now: 1 at start, one more with each applied reload. */
  readonly generation: number
  readonly hash: string
  /** Of a rejected one: why, as a sentence. Diagnostics say more where the files are at fault. */
  readonly reason: string | undefined
  readonly rules: Changes
  readonly pools: Changes
  /** Settings that the files have changed since the start and that take effect with the next one. */
  readonly restart: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
  readonly tookMs: number
}

/** What is running: one program on its pools. */
export interface Generation {
  readonly number: number
  readonly sources: readonly Source[]
  readonly program: Program
  /** Those that rules use, by name. */
  readonly pools: ReadonlyMap<string, OpenPool>
}

export interface ReloadOptions {
  /** What was started. */
  readonly first: Generation
  /** What was read for it; its sources and no more, unless said. */
  readonly snapshot?: Snapshot
  readonly readSources: () => Promise<Snapshot>
  readonly compile: (sources: readonly Source[]) => Compiled
  readonly openPool: PoolOpener
  readonly runtime: SwapTarget
  readonly clock: Clock
  readonly log: Log
  /** Told of each reload when it is over, with the sources that it read. */
  readonly onReport: (report: ReloadReport, sources: readonly Source[]) => void
}

/** What somebody has seen and wants: hashes of the program that ran, and of what the files said. */
export interface Shown {
  readonly running: string
  readonly files: string
}

export interface Reload {
  /**
   * Takes over what the files say now, or leaves everything as it is; never rejects for what the
   * files or a Redis do. Reloads run one after another; those asked for while one runs are one, by
   * a person's order if one of them is.
   */
  run(trigger: ReloadTrigger): Promise<ReloadReport>
  /** As {@link run}, by a person's order, and only if both still are what was shown. */
  runShown(shown: Shown): Promise<ReloadReport>
  readonly current: Generation
  readonly last: ReloadReport | undefined
  /** What the files were when they were last looked at. */
  readonly seen: Snapshot
  /** Replaced pools that are not closed yet. */
  readonly draining: readonly OpenPool[]
  /** Replaced pools that still owed something when their time was up. */
  readonly drainsCutShort: number
  /** Lets a reload that runs finish; whoever asks for another is refused. */
  stop(): Promise<void>
  /** Closes the current pools and those that still drain: after {@link stop}, when nothing writes any more. */
  closePools(): Promise<void>
}

/** SPEC 4.4. Milliseconds. */
const READY_MS = 5_000
const DRAIN_MS = 60_000

const NO_CHANGES: Changes = { added: [], removed: [], changed: [] }

/**
 * The one way in which running rules change (SPEC 4.4): read, compile, open what is new, swap one
 * reference, renew what only has other settings, drain and close what was replaced. Nothing that
 * runs is touched before all that can fail has succeeded.
 */
export function createReload(options: ReloadOptions): Reload {
  const { clock, log, runtime } = options
  let current = options.first
  let seen: Snapshot = options.snapshot ?? { readable: true, sources: options.first.sources }
  let last: ReloadReport | undefined
  let running: Promise<ReloadReport> | undefined
  let next: Promise<ReloadReport> | undefined
  let nextTrigger: ReloadTrigger = 'watch'
  let stopped = false
  let drainsCutShort = 0
  /** Replaced pools. */
  const draining = new Map<OpenPool, Drain>()

  return {
    run(trigger) {
      if (next !== undefined) {
        if (nextTrigger === 'watch') nextTrigger = trigger
        return next
      }
      if (running === undefined) return start(trigger)
      nextTrigger = trigger
      const startNext = () => {
        next = undefined
        return start(nextTrigger)
      }
      next = running.then(startNext, startNext)
      return next
    },
    async runShown(shown) {
      // not one with another that asks for whatever the files say, nor beside one that waits to start
      while (running !== undefined || next !== undefined) await (next ?? running)
      return await start('command', shown)
    },
    get current() { return current },
    get last() { return last },
    get seen() { return seen },
    get draining() { return [...draining.keys()] },
    get drainsCutShort() { return drainsCutShort },
    async stop() {
      stopped = true
      await (next ?? running)
    },
    async closePools() {
      for (const { giveUp } of draining.values()) giveUp()
      await Promise.all([
        ...[...draining.values()].map(({ closed }) => closed),
        ...[...current.pools.values()].map(pool => pool.close()),
      ])
    },
  }

  function start(trigger: ReloadTrigger, shown?: Shown): Promise<ReloadReport> {
    running = once(trigger, shown).finally(() => { running = undefined })
    return running
  }

  async function once(trigger: ReloadTrigger, shown: Shown | undefined): Promise<ReloadReport> {
    const startedAt = clock.now()
    const outcome = await attempt(trigger, shown)
    last = {
      trigger,
      result: outcome.result,
      generation: current.number,
      hash: current.program.hash,
      reason: outcome.reason,
      rules: outcome.rules ?? NO_CHANGES,
      pools: outcome.pools ?? NO_CHANGES,
      restart: outcome.restart ?? [],
      diagnostics: outcome.diagnostics ?? [],
      tookMs: Math.round(clock.now() - startedAt),
    }
    options.onReport(last, seen.readable ? seen.sources : [])
    return last
  }

  async function attempt(trigger: ReloadTrigger, shown: Shown | undefined): Promise<Outcome> {
    if (stopped) return rejected('hookline is stopping')
    seen = await options.readSources()
    if (!seen.readable) return rejected(`${seen.file} cannot be read: ${seen.reason}`)
    const { sources } = seen
    const empty = trigger === 'watch' ? emptied(current.sources, sources) : undefined
    if (empty !== undefined) {
      return rejected(`${empty.name} is empty now, which is seldom meant; if it is, type: hookline reload`)
    }
    const { program, diagnostics } = options.compile(sources)
    if (program === undefined) return rejected('the rules have errors', diagnostics)
    if (shown !== undefined && shown.files !== program.hash) return rejected('the files have changed since that was shown', diagnostics)
    if (shown !== undefined && shown.running !== current.program.hash) return rejected('other rules run since that was shown', diagnostics)

    const { restart } = diffPrograms(options.first.program, program)
    if (program.hash === current.program.hash) {
      // Lines may have moved: messages about rules should name the right ones.
      swap({ ...current, sources, program })
      return { result: 'unchanged', restart, diagnostics }
    }

    const opened = await openPools(program)
    if (!opened.ok) return rejected(opened.reason, diagnostics)
    const before = current
    const { rules, pools } = diffPrograms(before.program, program)
    swap({ number: before.number + 1, sources, program, pools: opened.pools })
    for (const { pool, spec, tried } of opened.renewed) {
      pool.renew(spec)
      await tried.close()
    }
    const kept = new Set(opened.pools.values())
    for (const pool of before.pools.values()) {
      if (!kept.has(pool)) retire(pool, before.program.pools.get(pool.name))
    }
    return { result: 'applied', rules, pools, restart, diagnostics }
  }

  function swap(generation: Generation): void {
    // What needs a restart stays as it was started, or half the broker would go by a new name.
    const { nodeName, dataDir, listeners } = options.first.program.settings
    const settings = { ...generation.program.settings, nodeName, dataDir, listeners }
    runtime.swap({ ...generation.program, settings }, generation.pools)
    current = generation
  }

  /**
   * The pools of a program: equal ones are the running objects, or those that still drain, the others have answered. Where
   * only the settings are others and the Redis is the same, the running one is to go over to them: two that write to one log
   * could not keep its order.
   */
  async function openPools(program: Program): Promise<PoolsOpened> {
    const pools = new Map<string, OpenPool>()
    const renewed: Renewed[] = []
    const back: (readonly [OpenPool, PoolSpec])[] = []
    const fresh: Promise<PoolOpened & { readonly spec: PoolSpec, readonly returned: OpenPool | undefined }>[] = []
    for (const spec of usedPools(program)) {
      const running = current.pools.get(spec.name)
      const before = current.program.pools.get(spec.name)
      if (running !== undefined && before !== undefined && poolEquals(before, spec)) {
        pools.set(spec.name, running)
        continue
      }
      const returned = takeBack(spec)
      if (returned !== undefined) back.push([returned, spec])
      if (returned?.ready === true) pools.set(spec.name, returned)
      else fresh.push(openReady(options.openPool, spec, READY_MS).then(answer => ({ ...answer, spec, returned })))
    }
    const answers = await Promise.all(fresh)
    const reasons = answers.flatMap(answer => answer.ok ? [] : [absence(answer)])
    for (const answer of answers) {
      if (!answer.ok) continue
      const { pool, spec, returned } = answer
      const running = current.pools.get(spec.name)
      if (returned !== undefined) pools.set(spec.name, returned)
      if (reasons.length > 0 || returned !== undefined) await pool.close()
      else if (running !== undefined && isSameRedis(running, pool, spec)) {
        pools.set(spec.name, running)
        renewed.push({ pool: running, spec, tried: pool })
      } else pools.set(spec.name, pool)
    }
    if (reasons.length > 0) for (const [pool, spec] of back) retire(pool, spec)
    return reasons.length === 0 ? { ok: true, pools, renewed } : { ok: false, reason: reasons.join('; ') }
  }

  function isSameRedis(running: OpenPool, tried: OpenPool, spec: PoolSpec): boolean {
    if (running.server !== undefined && running.server === tried.server) return true
    const before = current.program.pools.get(spec.name)
    return before !== undefined && sameRedis(before, spec)
  }

  /** Closes a replaced pool, of these settings, when nothing is owed through it any more, or when its time is up. */
  function retire(pool: OpenPool, spec: PoolSpec | undefined): void {
    let giveUp = () => {}
    const givenUp = new Promise<'stopped'>(resolve => { giveUp = () => { resolve('stopped') } })
    const it: Drain = { spec, giveUp, state: 'draining', closed: Promise.resolve() }
    draining.set(pool, it)
    it.closed = drain(pool, it, givenUp)
      .catch((error: unknown) => { log.error({ err: error, pool: pool.name }, 'closing a replaced pool failed') })
      .finally(() => { if (draining.get(pool) === it) draining.delete(pool) })
  }

  /** The pool of these settings that still drains, if there is one: it does no longer. */
  function takeBack(spec: PoolSpec): OpenPool | undefined {
    for (const [pool, it] of draining) {
      if (it.state !== 'draining' || it.spec === undefined || !poolEquals(it.spec, spec)) continue
      it.state = 'kept'
      it.giveUp()
      draining.delete(pool)
      return pool
    }
    return undefined
  }

  async function drain(pool: OpenPool, it: Drain, givenUp: Promise<'stopped'>): Promise<void> {
    let cancel = () => {}
    const timeUp = new Promise<'late'>(resolve => { cancel = clock.after(DRAIN_MS, () => { resolve('late') }) })
    const empty = runtime.drained(pool).then(() => pool.drained())
    try {
      const end = await Promise.race([empty, timeUp, givenUp])
      if (it.state === 'kept') return
      it.state = 'closing'
      if (end !== 'late') return
      drainsCutShort += 1
      runtime.abandon(pool)
      log.warn(
        { pool: pool.name, pendingBytes: pool.pendingBytes, drainsCutShort },
        'a replaced pool was closed before all that was owed through it was done; its messages wait in its Redis',
      )
    } finally {
      cancel()
      if (it.state !== 'kept') await pool.close()
    }
  }
}

/** The end of a replaced pool. */
interface Drain {
  readonly spec: PoolSpec | undefined
  /** Ends its waiting. */
  readonly giveUp: () => void
  state: 'draining' | 'kept' | 'closing'
  closed: Promise<void>
}

type Outcome = Pick<ReloadReport, 'result'> & Partial<ReloadReport>

function rejected(reason: string, diagnostics: readonly Diagnostic[] = []): Outcome {
  return { result: 'rejected', reason, diagnostics }
}

function absence({ spec, clause }: PoolAbsent): string {
  return `the Redis of ${spec.name} (${spec.at.file}:${spec.at.line}) is not there: ${clause}`
}

/** A running pool that goes over to other settings; with them `tried` has answered. */
interface Renewed {
  readonly pool: OpenPool
  readonly spec: PoolSpec
  readonly tried: OpenPool
}

type PoolsOpened =
  | { readonly ok: true, readonly pools: ReadonlyMap<string, OpenPool>, readonly renewed: readonly Renewed[] }
  | { readonly ok: false, readonly reason: string }
