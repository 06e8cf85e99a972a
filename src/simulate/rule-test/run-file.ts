import { isDeepStrictEqual } from 'node:util'
import type { PoolSpec, Program, Step } from '../../plan/program.ts'
import { memoryStore } from '../memory-store.ts'
import { realStore } from '../real-store.ts'
import { TEST_BOOT } from '../simulated-broker.ts'
import { StillClock } from '../still-clock.ts'
import type { TestStore } from '../test-store.ts'
import { compareCase, compareSnapshots, type Failure } from './compare.ts'
import { runCase, type CaseResult } from './run-case.ts'
import type { TestCase, TestFile } from './scenario.ts'
import type { Located } from './shape.ts'

/**
 * Every case begins at 4000000000 seconds since 1970. It is later than any real clock, so that a
 * real Redis, whose scores only grow, gives those that the test says.
 */
export const START_MS = 4_000_000_000_000

/** The Redis that each pool has in a test that is played on a real one too. */
export interface RealRedis {
  readonly specs: ReadonlyMap<string, PoolSpec>
  readonly besideOthers: boolean
}

export interface CaseReport {
  readonly testCase: Located<TestCase>
  readonly result: CaseResult
  readonly failures: readonly Failure[]
  /** On a real Redis alone. */
  readonly real: readonly Failure[]
  /** What was not compared, and why. */
  readonly notes: readonly string[]
}

/** Plays the cases of a file, each from nothing: in memory, and on a real Redis if there is one. May throw {@link UnfitRedis}. */
export async function runFile(file: TestFile, options: { readonly program: Program, readonly pools: readonly string[], readonly redis: RealRedis | undefined }): Promise<readonly CaseReport[]> {
  const { program, pools, redis } = options
  const several = pools.length > 1
  const reports: CaseReport[] = []
  for (const testCase of file.cases) {
    const result = await play(testCase.value, program, (clock) => Promise.resolve(new Map(pools.map((name) => [name, memoryStore(name, clock)]))))
    const failures = compareCase(testCase.value, result, { several })
    const real = redis === undefined ? [] : await playOnRedis(testCase, { program, redis, several, simulated: result, failures })
    reports.push({ testCase, result, failures, real, notes: notesOf(testCase.value, result, redis !== undefined) })
  }
  return reports
}

async function playOnRedis(testCase: Located<TestCase>, { program, redis, several, simulated, failures: known }: {
  readonly program: Program, readonly redis: RealRedis, readonly several: boolean, readonly simulated: CaseResult, readonly failures: readonly Failure[],
}): Promise<readonly Failure[]> {
  const began = Date.now()
  const played = await play(testCase.value, program, (clock) => openAll(redis, clock))
  const result = withExpiryOf(simulated, played, Math.ceil((Date.now() - began) / 1000))
  const failures = compareCase(testCase.value, result, { several })
    .filter((failure) => !known.some((other) => isDeepStrictEqual(other, failure)))
    .map((failure) => ({ ...failure, what: `${failure.what}, on the real Redis` }))
  if (result.stopped !== undefined) return failures
  const differences = [...simulated.keys].flatMap(([pool, keys]): readonly Failure[] => {
    const ignored = new Set(simulated.unknown.get(pool)?.keys() ?? [])
    const rows = compareSnapshots(keys, result.keys.get(pool) ?? new Map(), ignored)
    return rows.length === 0 ? [] : [{ span: testCase.span, what: several ? `keys of ${pool}, simulated and real` : 'keys, simulated and real', rows }]
  })
  // what was expected of the simulation, too, has been said
  return failures.length > 0 ? failures : differences
}

async function openAll({ specs, besideOthers }: RealRedis, clock: StillClock): Promise<ReadonlyMap<string, TestStore>> {
  const stores = new Map<string, TestStore>()
  try {
    for (const [name, spec] of specs) stores.set(name, await realStore({ spec, clock, boot: TEST_BOOT, besideOthers }))
  } catch (error) {
    for (const store of stores.values()) await store.close()
    throw error
  }
  return stores
}

async function play(testCase: TestCase, program: Program, open: (clock: StillClock) => Promise<ReadonlyMap<string, TestStore>>): Promise<CaseResult> {
  const clock = new StillClock(START_MS)
  const stores = await open(clock)
  try {
    return await runCase(testCase, { program, stores, clock })
  } finally {
    for (const store of stores.values()) await store.close()
  }
}

/** In a real Redis time goes on while the test plays: what is left is what the simulation says, if no more than that is missing. */
function withExpiryOf(simulated: CaseResult, real: CaseResult, tookSeconds: number): CaseResult {
  const keys = new Map(Array.from(real.keys, ([pool, snapshot]) => [pool, new Map(Array.from(snapshot, ([key, shown]) => {
    const expires = simulated.keys.get(pool)?.get(key)?.expires
    const isSame = expires !== undefined && shown.expires !== undefined && shown.expires <= expires && expires - shown.expires <= tookSeconds
    return [key, isSame ? { ...shown, expires } : shown] as const
  }))] as const))
  return { ...real, keys }
}

function notesOf({ keys }: TestCase, { unknown }: CaseResult, onRedis: boolean): readonly string[] {
  if (keys === undefined || onRedis) return []
  return [...unknown.values()].flatMap((touched) => Array.from(touched, ([key, command]) =>
    `${command} is not simulated: what it leaves at ${key} is looked at with --redis only`))
}

/** Rules of the programs that no case has hit, and how many there are. */
export function coverage(programs: readonly { readonly program: Program, readonly hit: ReadonlySet<Step> }[]): { readonly all: number, readonly missed: readonly Step[] } {
  const rules = new Map<string, { readonly rule: Step, hit: boolean }>()
  for (const { program, hit } of programs) {
    for (const rule of Object.values(program.steps).flat()) {
      const place = `${rule.at.file}:${rule.at.line}`
      const known = rules.get(place) ?? { rule, hit: false }
      known.hit ||= hit.has(rule)
      rules.set(place, known)
    }
  }
  return { all: rules.size, missed: [...rules.values()].filter(({ hit }) => !hit).map(({ rule }) => rule) }
}
