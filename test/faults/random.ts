/** A repeatable source of chance: numbers from 0 up to, not including, 1. */
export type Random = () => number

/** The mulberry32 generator (public domain, Tommy Ettinger). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * A seed for this run, printed so that its choices can be made again with `FAULT_SEED`. What they
 * meet is timing, so a failure may need several runs to come again.
 */
export function newSeed(scenario: string): number {
  const given = process.env['FAULT_SEED']
  const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given)
  process.stdout.write(`${scenario}: FAULT_SEED=${seed}\n`)
  return seed
}

/** A whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1))
}

/** One of a list that is not empty. */
export function oneOf<T>(all: readonly T[], random: Random): T {
  const one = all[between(random, 0, all.length - 1)]
  if (one === undefined) throw new Error('nothing to choose from')
  return one
}
