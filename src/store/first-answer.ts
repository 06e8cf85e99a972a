/** Waiting for the first answer of a Redis, and why there is none yet. */
export function firstAnswer() {
  let came = false
  let clause = 'no answer'
  let final = false
  let waiters: { resolve(): void, reject(error: Error): void }[] = []

  function release(): typeof waiters {
    const all = waiters
    waiters = []
    return all
  }

  return {
    came: () => came,
    comes(): void {
      came = true
      for (const waiter of release()) waiter.resolve()
    },
    /** `why`: a plain clause. `forGood`: waiting does not help. */
    delayed(why: string, forGood: boolean): void {
      clause = why
      final = forGood
      if (final) for (const waiter of release()) waiter.reject(new Error(why))
    },
    /** Resolves when it came; rejects after `timeoutMs`, or when waiting does not help, with the clause. */
    within(timeoutMs: number): Promise<void> {
      if (came) return Promise.resolve()
      if (final) return Promise.reject(new Error(clause))
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(clause === 'no answer' ? `no answer within ${timeoutMs / 1_000} s` : clause))
        }, timeoutMs)
        waiters.push({
          resolve: () => { clearTimeout(timer); resolve() },
          reject: (error) => { clearTimeout(timer); reject(error) },
        })
      })
    },
  }
}
