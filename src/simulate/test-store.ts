import type { Pool } from '../delivery/ports.ts'
import type { KeySnapshot } from './key-snapshot.ts'

/** The Redis behind one pool of a rule test, simulated or real. */
export interface TestStore {
  readonly pool: Pool
  /** Sends a command as an application would. Answers Redis' words if it refuses. */
  command(args: readonly string[]): Promise<string | undefined>
  /** Its keys expire as if so long had passed. Milliseconds. */
  pass(ms: number): Promise<void>
  /** What it holds now. */
  snapshot(): Promise<KeySnapshot>
  /** Commands that it was sent and knows nothing of, and the keys that they may have changed. */
  readonly unsimulated: ReadonlyMap<string, ReadonlySet<string>>
  /** Works on what waits; true if there was something. */
  work(): Promise<boolean>
  /** Removes what the test made, and lets go of the connection. */
  close(): Promise<void>
}
