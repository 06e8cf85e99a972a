import type { Child } from '../machine/child.ts'

/** A broker that runs, ready for clients. */
export interface Broker {
  readonly child: Child
  readonly port: number
}

export interface BrokerOptions {
  /** Of the Redis of this run. */
  readonly redisPort: number
  /** For what it keeps; removed after the run. */
  readonly folder: string
  /** Rules lines, for hookline; the others do what they do. */
  readonly rules: string
  /** Folder of the build of hookline. */
  readonly dist: string
}

export type StartBroker = (options: BrokerOptions) => Promise<Broker>
