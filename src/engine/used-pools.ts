import { HOOK_NAMES } from '../language/hooks.ts'
import type { PoolSpec, Program } from '../plan/program.ts'
import type { OpenPool, PoolOpener } from './reload-ports.ts'

/** The pools that rules use, in the order in which they are defined; the others are never opened. */
export function usedPools(program: Program): readonly PoolSpec[] {
  const names = new Set(HOOK_NAMES.flatMap(hook => program.steps[hook].map(step => step.pool)))
  return [...program.pools.values()].filter(pool => names.has(pool.name))
}

export type PoolOpened = { readonly ok: true, readonly pool: OpenPool } | PoolAbsent

export interface PoolAbsent {
  readonly ok: false
  readonly spec: PoolSpec
  readonly error: unknown
  /** What the error says, such as `connection refused`. */
  readonly clause: string
}

/** Opens a pool and waits for its first answer; one that gives none is closed again. */
export async function openReady(open: PoolOpener, spec: PoolSpec, timeoutMs: number): Promise<PoolOpened> {
  let pool: OpenPool | undefined
  try {
    pool = await open(spec)
    await pool.whenReady(timeoutMs)
    return { ok: true, pool }
  } catch (error) {
    await pool?.close()
    return { ok: false, spec, error, clause: error instanceof Error ? error.message : String(error) }
  }
}
