import type { Source } from '../compile.ts'
import type { Pool } from '../delivery/ports.ts'
import type { PoolSpec, Program } from '../plan/program.ts'

/** The rules files at one moment, or the one that could not be read and why (a plain clause). */
export type Snapshot = { readonly watched?: Watched } & (
  | { readonly readable: true, readonly sources: readonly Source[] }
  | { readonly readable: false, readonly file: string, readonly reason: string }
)

/** What can make the next snapshot another. */
export interface Watched {
  /** Files that were read or looked for. */
  readonly files: readonly string[]
  /** Folders in which files were looked for. */
  readonly folders: readonly string[]
}

/** A pool with its lifetime: who opens it closes it. */
export interface OpenPool extends Pool {
  /** The server process and database that it had last, as a name; undefined where that is not known. */
  readonly server: string | undefined
  /** Goes over to other settings for the same Redis: what was given to it keeps its order and is carried out once. */
  renew(spec: PoolSpec): void
  /** Resolves when it has answered for the first time; else rejects with an Error whose message is a plain clause. */
  whenReady(timeoutMs: number): Promise<void>
  /** Resolves when nothing is queued or on its way. */
  drained(): Promise<void>
  /** After what is on its way was answered, or a short deadline. */
  close(): Promise<void>
}

/** What reload needs of the running broker. */
export interface SwapTarget {
  swap(program: Program, pools: ReadonlyMap<string, Pool>): void
  drained(pool: Pool): Promise<void>
  abandon(pool: Pool): void
}

/** Opens what a pool's settings say, without waiting for its answer. Rejects like {@link OpenPool.whenReady}. */
export type PoolOpener = (spec: PoolSpec) => Promise<OpenPool>
