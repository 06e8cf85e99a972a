import { expect, test } from 'vitest'
import { type Breakage, breakBuild } from './broken-build.ts'
import type { Verdict } from './ledger.ts'
import { newSeed } from './random.ts'
import { brokerKilled, connectionsCut, twoBrokers } from './scenarios.ts'
import { runTrial, type TrialOptions } from './trial.ts'

/*
 * Each promise of delivery has a place in the code without which it does not hold. Here that place
 * is taken out of a copy of the build, and the trial that must notice it has to.
 */

interface Mistake {
  readonly name: string
  readonly breakage: Breakage
  readonly scenario: Omit<TrialOptions, 'seed' | 'dist'>
  readonly shows: (verdict: Verdict) => readonly string[]
}

/** How long a broken broker may take to deliver what a sound one delivers at once. Milliseconds. */
const SETTLE_MS = 4_000

const MISTAKES: readonly Mistake[] = [
  {
    name: 'acknowledged before Redis has confirmed',
    breakage: {
      file: 'delivery/publisher.js',
      find: 'this.#fifo.push(message);\n        this.#store(message);\n    }',
      replace: 'this.#fifo.push(message);\n        if (packet.qos === 1) this.#link?.puback(packet.packetId);\n        this.#store(message);\n    }',
    },
    scenario: brokerKilled(5),
    shows: ({ lost }) => lost,
  },
  {
    name: 'the score before a message is not compared',
    breakage: {
      file: 'delivery/log-lane.js',
      find: ' && prev <= this.#at;',
      replace: ';',
    },
    scenario: twoBrokers(90),
    shows: ({ lost, waiting }) => [...lost, ...waiting],
  },
  {
    name: 'a page is taken without its filter',
    breakage: {
      file: 'delivery/log-lane.js',
      find: 'entry.score <= this.#end && !this.#skips(entry)',
      replace: 'entry.score <= this.#end',
    },
    scenario: connectionsCut(90),
    shows: ({ repeated }) => repeated,
  },
  {
    name: 'a page forgets acknowledgements that are on their way to Redis',
    breakage: {
      file: 'delivery/log-lane.js',
      find: '|| this.pool.acking.has(id)',
      replace: '',
    },
    scenario: { ...connectionsCut(150), redisDelayMs: 15 },
    shows: ({ repeated }) => repeated,
  },
  {
    name: 'a page forgets what was acknowledged since it was asked for',
    breakage: {
      file: 'delivery/log-lane.js',
      find: '|| entry.score <= this.run.doneScore',
      replace: '',
    },
    scenario: { ...connectionsCut(150), redisDelayMs: 15 },
    shows: ({ repeated }) => repeated,
  },
  {
    name: 'a record is stored without its place in the log',
    breakage: {
      file: 'store/scripts/store.lua',
      find: "err = failure(redis.pcall('ZADD', log, string.format('%.0f', clock + 1), id))",
      replace: 'err = nil',
    },
    scenario: brokerKilled(2),
    shows: ({ lost }) => lost,
  },
]

test.each(MISTAKES.map((mistake) => [mistake.name, mistake] as const))('it is noticed when %s', async (name, { breakage, scenario, shows }) => {
  const { dist, remove } = breakBuild(breakage)
  try {
    const verdict = await runTrial({ ...scenario, seed: newSeed(name), dist, settleMs: SETTLE_MS })
    const { acknowledged, lost, waiting, repeated, outOfOrder } = verdict
    process.stdout.write(`${name}: of ${acknowledged} acknowledged ${lost.length} lost, ${waiting.length} waiting, ${repeated.length} repeated, ${outOfOrder.length} out of order\n`)
    expect(shows(verdict).length).toBeGreaterThan(0)
  } finally {
    remove()
  }
}, 90_000)

test('a breakage whose place is not in the code any more is an error', () => {
  expect(() => breakBuild({ file: 'delivery/log-lane.js', find: 'no such line', replace: '' })).toThrow('not once')
})
