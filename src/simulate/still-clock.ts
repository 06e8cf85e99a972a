import type { Clock } from '../delivery/ports.ts'

/** Time that stands still until it is moved. */
export class StillClock implements Clock {
  ms: number
  #timers: { readonly at: number, readonly callback: () => void }[] = []

  constructor(ms: number) {
    this.ms = ms
  }

  now(): number {
    return this.ms
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.ms + ms, callback }
    this.#timers.push(timer)
    return () => { this.#timers = this.#timers.filter((other) => other !== timer) }
  }

  pass(ms: number): void {
    this.ms += ms
    const due = this.#timers.filter((timer) => timer.at <= this.ms)
    this.#timers = this.#timers.filter((timer) => timer.at > this.ms)
    for (const { callback } of due) callback()
  }
}
