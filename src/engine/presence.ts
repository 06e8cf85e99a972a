import type { Outcome } from '../actions/effect.ts'
import { stepsFor } from '../plan/match.ts'
import type { Counters } from './counters.ts'
import type { Events } from './events.ts'
import { effectsOf, type PoolEffects, type Rules } from './rules.ts'

/** One connection's coming and going, as the rules see it. */
export interface Visit {
  readonly clientid: string
  readonly username: string | undefined
  /** The connection: its effects keep their order. */
  readonly order: object
  /** The rules that `client.connected` ran on are those that its fences belong to. By pool name: what `online` answered. */
  fences: Map<string, number> | undefined
}

interface Task {
  readonly visit: Visit
  readonly kind: 'connected' | 'disconnected'
  readonly run: (finished: () => void) => void
}

/** Comings and goings of one client that may wait for Redis; beyond, a pair that cancels out is dropped. */
const WAITING_PER_CLIENT = 16
/** Last fences remembered, so that reconnects within a second do not run ahead of the clock. */
const FENCES = 100_000
/** Characters of the names that they are remembered by: one may have 65,535. */
const FENCES_LENGTH = 8 * 1024 * 1024

/**
 * `client.connected`, `session.created` and `client.disconnected`, one after the other for each
 * client: on a takeover the old connection's disconnected is done before the new one's connected.
 */
export class Presence {
  readonly #rules: () => Rules
  readonly #events: Events
  readonly #counters: Counters
  /** Seconds since 1970. */
  readonly #now: () => number
  readonly #queues = new Map<string, Task[]>()
  readonly #lastFences = new Map<string, number>()
  #fencesLength = 0
  #idleWaiters: (() => void)[] = []

  constructor(options: { readonly rules: () => Rules, readonly events: Events, readonly counters: Counters, readonly now: () => number }) {
    this.#rules = options.rules
    this.#events = options.events
    this.#counters = options.counters
    this.#now = options.now
  }

  /** `created`: the session was not resumed. */
  connected(visit: Visit, options: { readonly created: boolean }): void {
    this.#queue({
      visit,
      kind: 'connected',
      run: (finished) => {
        const rules = this.#rules()
        const shares = this.#effects(rules, 'client.connected', visit).map((share) => this.#fenced(share, (effect) =>
          effect.kind === 'online' ? { ...effect, lastFence: this.#lastFences.get(fenceKey(share, visit)) ?? 0 } : effect))
        this.#submit(shares, visit, finished, {
          behind: options.created ? this.#effects(rules, 'session.created', visit) : [],
          each: (share, i, outcome) => {
            if (share.effects[i]?.kind !== 'online' || !outcome.ok || outcome.online === undefined) return
            visit.fences ??= new Map()
            visit.fences.set(share.pool.name, outcome.online.fence)
            this.#remember(fenceKey(share, visit), outcome.online.fence)
          },
        })
      },
    })
  }

  disconnected(visit: Visit, reason: string): void {
    this.#queue({
      visit,
      kind: 'disconnected',
      run: (finished) => {
        const shares = this.#effects(this.#rules(), 'client.disconnected', visit, reason).map((share) => this.#fenced(share, (effect) => {
          if (effect.kind !== 'offline') return effect
          // without a fence its online was never written: nothing to take back
          const fence = visit.fences?.get(share.pool.name)
          return fence === undefined ? undefined : { ...effect, fence }
        }))
        this.#submit(shares, visit, finished)
      },
    })
  }

  /** Resolves when no client's coming or going waits for Redis. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#queues.size === 0) resolve()
      else this.#idleWaiters.push(resolve)
    })
  }

  #effects(rules: Rules, hook: 'client.connected' | 'client.disconnected' | 'session.created', visit: Visit, reason?: string): readonly PoolEffects[] {
    this.#events.recent.happened({ hook, clientid: visit.clientid, username: visit.username, ...(reason === undefined ? {} : { reason }) })
    const steps = stepsFor(rules.program, hook)
    if (steps.length === 0) return []
    this.#events.matched(steps)
    return effectsOf(rules, steps, {
      hook, clientid: visit.clientid, username: visit.username, node: rules.program.settings.nodeName,
      ts: this.#now(), ...(reason === undefined ? {} : { reason }),
    })
  }

  #fenced(share: PoolEffects, fill: (effect: PoolEffects['effects'][number]) => PoolEffects['effects'][number] | undefined): PoolEffects {
    const filled: PoolEffects = { pool: share.pool, effects: [], steps: [] }
    share.effects.forEach((effect, i) => {
      const kept = fill(effect)
      const step = share.steps[i]
      if (kept === undefined || step === undefined) return
      filled.effects.push(kept)
      filled.steps.push(step)
    })
    return filled
  }

  /** `finished` does not wait for what is submitted `behind` the shares, and comes after that is. */
  #submit(shares: readonly PoolEffects[], visit: Visit, finished: () => void, more: {
    readonly behind?: readonly PoolEffects[]
    readonly each?: (share: PoolEffects, i: number, outcome: Outcome) => void
  } = {}): void {
    const { behind = [], each } = more
    const busy = shares.filter((share) => share.effects.length > 0)
    let waiting = busy.length + 1
    const settled = (): void => {
      waiting--
      if (waiting === 0) finished()
    }
    for (const share of busy) {
      this.#events.submit(share, visit.order, (outcomes) => {
        if (each !== undefined) outcomes.forEach((outcome, i) => each(share, i, outcome))
        settled()
      })
    }
    for (const share of behind) this.#events.submit(share, visit.order)
    settled()
  }

  #queue(task: Task): void {
    const { clientid } = task.visit
    const queue = this.#queues.get(clientid)
    if (queue === undefined) {
      this.#queues.set(clientid, [task])
      this.#run(clientid)
      return
    }
    queue.push(task)
    if (queue.length <= WAITING_PER_CLIENT) return
    // [0] is on its way; a going and the coming after it cancel out
    const at = queue.findIndex((candidate, i) => i > 0 && candidate.kind === 'disconnected' && queue[i + 1]?.kind === 'connected')
    const [gone, come] = at < 0 ? [] : queue.splice(at, 2)
    if (gone === undefined || come === undefined) return
    come.visit.fences = gone.visit.fences
    this.#counters.effectsDropped += 2
  }

  #run(clientid: string): void {
    const task = this.#queues.get(clientid)?.[0]
    if (task === undefined) {
      this.#queues.delete(clientid)
      if (this.#queues.size === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve()
      return
    }
    task.run(() => {
      this.#queues.get(clientid)?.shift()
      this.#run(clientid)
    })
  }

  #remember(key: string, fence: number): void {
    if (!this.#lastFences.delete(key)) this.#fencesLength += key.length
    this.#lastFences.set(key, fence)
    for (const oldest of this.#lastFences.keys()) {
      if (this.#lastFences.size <= FENCES && this.#fencesLength <= FENCES_LENGTH) break
      this.#lastFences.delete(oldest)
      this.#fencesLength -= oldest.length
    }
  }
}

function fenceKey(share: PoolEffects, visit: Visit): string {
  return `${share.pool.name}\0${visit.clientid}`
}
