import type { Pool } from './ports.ts'

/** Who waits until nothing of a pool is read or on its way to a client any more. */
export class DrainWaiters {
  readonly #isFree: (pool: Pool) => boolean
  #waiters: { readonly pool: Pool, readonly resolve: () => void }[] = []

  constructor(isFree: (pool: Pool) => boolean) {
    this.#isFree = isFree
  }

  /** Resolves when the pool is free. */
  wait(pool: Pool): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ pool, resolve })
      this.settle()
    })
  }

  /** Something has ended: a pool may be free now. */
  settle(): void {
    if (this.#waiters.length === 0) return
    this.#waiters = this.#waiters.filter(({ pool, resolve }) => {
      if (!this.#isFree(pool)) return true
      resolve()
      return false
    })
  }

  /** Of these pools nobody waits for the end any more. */
  forget(which: (pool: Pool) => boolean): void {
    this.#waiters = this.#waiters.filter(({ pool }) => !which(pool))
  }
}
