import type { Run, Subject } from '../run.ts'

/** Something that brokers are made to do, and who does it. */
export interface Scenario {
  /** As `--only` takes it. */
  readonly name: string
  /** Heading of its table. */
  readonly title: string
  /** In the order of its table; the first is hookline. */
  readonly subjects: readonly Subject[]
  /** What one run of one subject takes, without its warm-up. Seconds, for the estimate. */
  readonly seconds: number
  /** Done with `--quick` too. */
  readonly quick?: boolean
  /** Measures its phases with a broker that has just started. */
  readonly work: (run: Run) => Promise<void>
}
