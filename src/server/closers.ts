/** What has been started and has to be ended, last one first. */
export interface Closers {
  add(close: () => Promise<void>): void
  /** Ends everything once; one that fails does not keep the others from being ended, the first error is thrown at the end. */
  close(): Promise<void>
}

export function createClosers(): Closers {
  const stack: (() => Promise<void>)[] = []
  let closing: Promise<void> | undefined

  async function unwind(): Promise<void> {
    const errors: unknown[] = []
    for (let close = stack.pop(); close !== undefined; close = stack.pop()) {
      await close().catch((error: unknown) => { errors.push(error) })
    }
    if (errors.length > 0) throw errors[0]
  }

  return {
    add(close) { stack.push(close) },
    close() { return closing ??= unwind() },
  }
}
