import { expect, test } from 'vitest'
import type { Verdict } from './ledger.ts'
import { TOPICS } from './publish-numbers.ts'
import { newSeed } from './random.ts'
import { brokerKilled, connectionsCut, everythingAtOnce, redisAway, twoBrokers } from './scenarios.ts'
import { runTrial } from './trial.ts'

/** The rest of `pubsub/1` is found by nothing but the slow tick. */
const OTHERS = TOPICS.filter((topic) => topic !== 'pubsub/1')

/** Milliseconds. */
const DEADLINE_MS = 150_000

test.each([
  ['the broker is killed ten times', brokerKilled(10)],
  ['connections are cut at random', connectionsCut(20)],
  ['Redis is killed and frozen', redisAway(10)],
  ['all of this happens at once', everythingAtOnce(12)],
  ['two brokers share one Redis', twoBrokers(15, OTHERS)],
])('nothing acknowledged is lost or repeated without need while %s', async (name, scenario) => {
  const verdict = await runTrial({ seed: newSeed(name), ...scenario })
  process.stdout.write(`${name}: ${verdict.acknowledged} acknowledged, ${verdict.redelivered} sent again with DUP\n`)
  expectSound(verdict)
}, DEADLINE_MS)

function expectSound({ acknowledged, lost, waiting, repeated, outOfOrder }: Verdict): void {
  expect(acknowledged).toBeGreaterThan(500)
  expect({ lost, waiting, repeated, outOfOrder }).toEqual({ lost: [], waiting: [], repeated: [], outOfOrder: [] })
}
