import { expect, test } from 'vitest'
import { deadline, isLong, NOTHING_WRONG, type Run, runTrials, times, trialOf, wrongs } from './long-run.ts'
import { type Outage, OUTAGES } from './outages.ts'
import { TOPICS } from './publish-numbers.ts'
import { brokerKilled, connectionsCut, everythingAtOnce, redisAway, redisConnectionsCut, twoBrokers } from './scenarios.ts'

/** The rest of `pubsub/1` is found by nothing but the slow tick. */
const OTHERS = TOPICS.filter((topic) => topic !== 'pubsub/1')

/** SPEC 4.2. Milliseconds. */
const BACK_MS = 2_000

const RUNS: readonly (readonly [string, Run])[] = [
  ['the broker is killed', { trial: trialOf(brokerKilled), faults: times(6), atOnce: 20 }],
  ['connections are cut', { trial: trialOf(connectionsCut), faults: times(12) * 10, atOnce: 200 }],
  ['connections to Redis are cut', { trial: trialOf(redisConnectionsCut), faults: times(3), atOnce: 20 }],
  ['everything happens at once', { trial: trialOf(everythingAtOnce), faults: times(6), atOnce: 20 }],
  ['two brokers share one Redis', { trial: trialOf((cuts) => twoBrokers(cuts, OTHERS)), faults: times(10) * 10, atOnce: 200 }],
]

for (const [name, run] of RUNS) {
  test(`nothing acknowledged is lost, or repeated or stored again without need, while ${name}`, async () => {
    for (const result of await runTrials(name, run)) {
      expect(wrongs(result)).toEqual(NOTHING_WRONG)
      expect(result.acknowledged).toBeGreaterThan(100)
    }
  }, deadline(run))
}

const WAYS = Object.keys(OUTAGES) as Outage[] // a table of ours: it has no other keys

for (const [name, outages] of isLong ? WAYS.map((way) => [way, [way]] as const) : [['Redis away in each way', WAYS] as const]) {
  const run: Run = { trial: trialOf((rounds) => redisAway(outages, rounds)), faults: times(1), atOnce: 20 }
  test(`nothing is lost and all is back within two seconds: ${name}`, async () => {
    for (const result of await runTrials(name, run)) {
      expect(wrongs(result)).toEqual(NOTHING_WRONG)
      expect(result.acknowledged).toBeGreaterThan(100)
      expect(Math.max(...result.recoveryMs)).toBeLessThan(BACK_MS)
    }
  }, deadline(run) * outages.length)
}
