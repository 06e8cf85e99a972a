import { createHistogram } from 'node:perf_hooks'

/** Times taken, as percentiles; each is recorded in microseconds, from 1 up. */
export class Latencies {
  readonly #histogram = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 })

  record(milliseconds: number): void {
    this.#histogram.record(Math.max(1, Math.round(milliseconds * 1_000)))
  }

  /** Milliseconds; NaN if nothing was recorded. */
  percentile(percent: number): number {
    return this.#histogram.count === 0 ? Number.NaN : this.#histogram.percentile(percent) / 1_000
  }

  forget(): void {
    this.#histogram.reset()
  }
}
