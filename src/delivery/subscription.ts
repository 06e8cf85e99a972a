import type { Rules } from '../engine/rules.ts'
import type { Group } from './group.ts'

/** One granted subscription. */
export interface Subscription {
  readonly filter: string
  qos: 0 | 1 | 2
  /** By the client's own SUBSCRIBE on this connection; a proxy subscription does not change it. */
  own: boolean
  /**
   * The rules that have been replaced since what is stored was last fetched for it. A topic that
   * one of them did not serve as today's do begins at its next message (SPEC 4.4).
   */
  replaced: readonly Rules[]
  /** Of a shared subscription: who reads for it. */
  readonly group: Group | undefined
}
