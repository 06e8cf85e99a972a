import type { Certificate } from '../broker/certificate.ts'
import type { SessionCounts } from '../delivery/delivery.ts'
import type { Pool } from '../delivery/ports.ts'
import type { ClosureCount, Counters } from '../engine/counters.ts'
import type { RuleCounts } from '../engine/outcomes.ts'
import type { RecentLook } from '../engine/recent-events.ts'
import type { Address, Program, Step } from '../plan/program.ts'
import type { Listener } from '../language/settings.ts'

/** The running broker as the process around it sees it: `start` makes one, `reload` swaps its rules. */
export interface Runtime {
  /** Binds the listeners that have an address; fails with {@link ListenError} and closes those already bound. Those with TLS have a certificate. */
  listen(listeners: readonly Listener[], certificates: ReadonlyMap<Listener, Certificate>): Promise<readonly BoundListener[]>
  /** One reference changes; every later event runs wholly on the new program. Pools whose settings are equal must be the same objects. */
  swap(program: Program, pools: ReadonlyMap<string, Pool>): void
  /** Resolves when nothing of this replaced pool is owed to or by anyone any more. */
  drained(pool: Pool): Promise<void>
  /** The time of this replaced pool is up, it is being closed: what is still owed through it stays in its Redis. */
  abandon(pool: Pool): void
  /** To be called on the events of every pool that was handed in. */
  poolAway(pool: Pool): void
  poolBack(pool: Pool, sameData: boolean): void
  order(pool: Pool, text: Buffer): void
  wake(pool: Pool, topic: string): void
  /** What there is to say of it now. */
  look(): RuntimeLook
  /** Its last events. */
  recent(): RecentLook
  /** Stops accepting, publishes wills, finishes what is on its way to Redis, closes. */
  close(): Promise<void>
}

export interface BoundListener {
  readonly listener: Listener
  /** The real one: a port of 0 is replaced. */
  readonly address: Address
  /** Shows another certificate to connections that come from now on; those that are there stay. */
  renew(certificate: Certificate): void
}

/** A look at the running broker. */
export interface RuntimeLook {
  /** Clients that are connected. */
  readonly connections: number
  readonly sessions: SessionCounts
  readonly counters: Readonly<Counters>
  readonly closures: readonly ClosureCount[]
  countsOf(step: Step): Readonly<RuleCounts>
}

/** `listener.at` names the setting's line. `code` is Node's, such as `EADDRINUSE`. */
export class ListenError extends Error {
  readonly listener: Listener
  readonly code: string | undefined
  constructor(listener: Listener, cause: NodeJS.ErrnoException) {
    super(cause.message, { cause })
    this.listener = listener
    this.code = cause.code
  }
}
