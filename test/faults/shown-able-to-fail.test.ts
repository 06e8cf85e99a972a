import { describe, expect, test } from 'vitest'
import { type Breakage, breakBuild, timesFound } from './broken-build.ts'
import { isLong, wrongs } from './long-run.ts'
import { play, type Promised, PROMISES } from './promises.ts'
import { newSeed } from './random.ts'
import { type Rewrite, runReloads } from './reloads.ts'
import { brokerKilled, connectionsCut, redisAway, type Scenario } from './scenarios.ts'
import { runTrial } from './trial.ts'

/*
 * Each promise of SPEC 4 has a place in the code without which it does not hold. Here that place
 * is taken out of a copy of the build, and what must notice it has to.
 */

interface Mistake {
  readonly name: string
  readonly breakage: Breakage
  /** Says what was seen. */
  readonly notice: (dist: string, seed: number) => Promise<readonly string[]>
  /** In the long form only. */
  readonly takesLong?: true
}

/** How long a broken broker may take to deliver what a sound one delivers at once. Milliseconds. */
const SETTLE_MS = 2_000
/** Chance may need several trials to meet a mistake. */
const ATTEMPTS = 4

type Wrong = keyof ReturnType<typeof wrongs>

function inTrial(scenario: Scenario, ...wanted: readonly Wrong[]): Mistake['notice'] {
  return async (dist, seed) => {
    const found = wrongs(await runTrial({ ...scenario, seed, dist, settleMs: SETTLE_MS }))
    return wanted.flatMap((wrong) => found[wrong] ?? [])
  }
}

function inScene(...promised: readonly Promised[]): Mistake['notice'] {
  return (dist) => play(promised, dist)
}

function inReloads(rewrites: readonly Rewrite[], perSecond: number): Mistake['notice'] {
  return async (dist, seed) => {
    const { outOfTurn, reconnected, redelivered, misreported } = await runReloads({ seed, dist, rewrites, perSecond, idleMs: SETTLE_MS })
    return [...outOfTurn, ...misreported, ...reconnected > 0 ? [`${reconnected} reconnected`] : [], ...redelivered > 0 ? [`${redelivered} came with DUP`] : []]
  }
}

const MISTAKES: readonly Mistake[] = [
  // 4.1 stored before acknowledged
  {
    name: 'a message is acknowledged before Redis has confirmed it',
    breakage: {
      file: 'delivery/publisher.js',
      find: 'this.#fifo.push(message);\n        this.#store(message);\n    }',
      replace: 'this.#fifo.push(message);\n        if (packet.qos === 1) this.#link?.puback(packet.packetId);\n        this.#store(message);\n    }',
    },
    notice: inTrial(brokerKilled(2), 'lost', 'neverStored'),
  },
  {
    name: 'a pool that holds lets messages pass',
    breakage: { file: 'delivery/publisher.js', find: "const hold = message.record.qos > 0 && ", replace: 'const hold = false && ' },
    notice: inTrial(redisAway(['Redis killed'], 1), 'neverStored'),
  },
  {
    name: 'a record is stored without its place in the log',
    breakage: {
      file: 'store/scripts/store.lua',
      find: "local added = pcall('ZADD', log, 'NX', score, id)",
      replace: 'local added = 1',
    },
    notice: inTrial(connectionsCut(10), 'recordsWithoutEntry'),
  },
  {
    name: 'what is sent again is stored as a new message',
    breakage: { file: 'delivery/retransmissions.js', find: 'const same = ', replace: 'const same = false && ' },
    notice: inTrial(connectionsCut(80), 'storedAgain'),
  },
  {
    name: 'the packet id of a QoS 2 message means nothing after its PUBREC',
    breakage: { file: 'delivery/retransmissions.js', find: 'if (packet.qos === 2 && message.received)\n            return message;', replace: '' },
    notice: inTrial(connectionsCut(150), 'storedAgain'),
    takesLong: true,
  },
  {
    name: 'a message is known for an old one after its PUBACK',
    breakage: { file: 'delivery/publisher.js', find: 'this.#ports.retransmissions.delete(this.#mine(), message.packetId);', replace: '' },
    notice: inScene('a new message is not taken for an old one'),
  },
  {
    name: 'a round whose reply was lost is carried out again',
    breakage: { file: 'store/scripts/once.lua', find: 'if tonumber(number) <= tonumber(applied) then', replace: 'if false then' },
    notice: inScene('a message whose answer was lost is not brought back'),
  },
  {
    name: 'messages of one connection are stored in another order',
    breakage: { file: 'store/waiting.js', find: '            taken.push(submission);\n            bytes', replace: '            taken.unshift(submission);\n            bytes' },
    notice: inTrial(connectionsCut(30), 'outOfOrder'),
  },
  // 4.2 Redis away
  {
    name: 'the deadline of a held publisher is ignored',
    breakage: { file: 'delivery/publisher.js', find: 'return now - message.receivedAt >= this.holdMs', replace: 'return false' },
    notice: inScene('a publisher is not held for ever'),
  },
  {
    name: 'presence and acknowledgements are given up while Redis is away',
    breakage: { file: 'engine/events.js', find: 'const hold = pool.pendingBytes < WAITING_BOUND', replace: 'const hold = false' },
    notice: inScene('presence and acknowledgements of an outage are written after it'),
  },
  {
    name: 'a position that Redis refused is read from',
    breakage: { file: 'delivery/log-lane.js', find: 'position: this.#at === undefined ? this.run?.position : undefined,', replace: '' },
    notice: inTrial(redisAway(['Redis a replica, read-only'], 12), 'repeated'),
    takesLong: true,
  },
  {
    name: 'presence that a killed broker left is kept',
    breakage: { file: 'server/start.js', find: 'await unlessAborted(signal, settleLeftovers(', replace: 'await unlessAborted(signal, (async () => {})(' },
    notice: inScene('what a broker that was killed left online goes offline'),
  },
  {
    name: 'presence has no fence',
    breakage: { file: 'store/scripts/presence.lua', find: "if tonumber(held[1] or 0) == fence and held[2] == '1' then", replace: "if held[2] == '1' then" },
    notice: inScene('who went elsewhere is not made offline by the broker that it left'),
  },
  // 4.3 no message twice without need, none missing
  {
    name: 'the score before a message is not compared',
    breakage: { file: 'delivery/log-lane.js', find: ' && prev <= this.#at;', replace: ';' },
    notice: inScene('what another broker stored is not skipped when nobody told of it'),
  },
  {
    name: 'a page is taken without its filter',
    breakage: { file: 'delivery/log-lane.js', find: 'entry.score <= this.#end && !this.#skips(entry)', replace: 'entry.score <= this.#end' },
    notice: inTrial(connectionsCut(30), 'repeated'),
  },
  {
    name: 'a page forgets acknowledgements that are on their way to Redis',
    breakage: { file: 'delivery/log-lane.js', find: '|| this.pool.acking.has(id)', replace: '' },
    notice: inTrial({ ...connectionsCut(150), redisDelayMs: 15 }, 'repeated'),
    takesLong: true,
  },
  {
    name: 'a page forgets what was acknowledged since it was asked for',
    breakage: { file: 'delivery/log-lane.js', find: '|| entry.score <= this.run.doneScore', replace: '' },
    notice: inTrial({ ...connectionsCut(150), redisDelayMs: 15 }, 'repeated'),
    takesLong: true,
  },
  {
    name: 'a position passes what is not acknowledged',
    breakage: { file: 'delivery/run-list.js', find: "if (head.state === 'out')\n                break;", replace: '' },
    notice: inScene('a position does not pass what is not acknowledged'),
  },
  {
    name: 'a QoS 2 message counts as acknowledged at PUBREC',
    breakage: { file: 'delivery/session.js', find: 'if (message !== undefined)\n            message.released = true;\n', replace: 'if (message !== undefined)\n            this.#finish(message);\n' },
    notice: inScene('a QoS 2 message is there until PUBCOMP'),
  },
  {
    name: 'what was in flight is not sent again on the next connection',
    breakage: { file: 'delivery/replay.js', find: 'for (const message of this.#owner.window.messages) {\n            if (message.released)', replace: 'for (const message of []) {\n            if (message.released)' },
    notice: inTrial(connectionsCut(60), 'waiting'),
    takesLong: true,
  },
  {
    name: 'the window has no end',
    breakage: { file: 'delivery/session.js', find: 'this.#link.writable && this.window.size < this.#ports.maxInflight()', replace: 'this.#link.writable' },
    notice: inScene('no more than the window is on its way'),
  },
  // 4.4 reload
  {
    name: 'a reload drops connections',
    breakage: { file: 'broker/broker.js', find: 'this.#delivery.swap(rules);\n', replace: "this.#delivery.swap(rules);\n        for (const connection of this.#connections.values()) connection.close('closed');\n" },
    notice: inReloads(['valid'], 200),
    takesLong: true,
  },
  {
    name: 'a reload puts a second pool beside the one on the same Redis',
    breakage: { file: 'engine/reload.js', find: 'else if (running !== undefined && isSameRedis(', replace: 'else if (false && isSameRedis(' },
    notice: inReloads(['pool changed', 'pool changed', 'pool changed', 'pool changed'], 500),
    takesLong: true,
  },
  {
    name: 'a pool that cannot be reached is taken over all the same',
    breakage: { file: 'engine/reload.js', find: "return rejected(opened.reason, diagnostics)", replace: 'return { result: \'unchanged\' }' },
    notice: inReloads(['pool refuses'], 200),
    takesLong: true,
  },
]

describe('it is noticed when', () => {
  test.each(MISTAKES.filter(({ takesLong }) => isLong || takesLong === undefined).map((mistake) => [mistake.name, mistake] as const))('%s', async (name, { breakage, notice }) => {
    const { dist, remove } = breakBuild(breakage)
    try {
      let seen: readonly string[] = []
      for (let attempt = 0; attempt < ATTEMPTS && seen.length === 0; attempt++) seen = await notice(dist, newSeed(name))
      process.stdout.write(`${name}: ${seen.length} seen, such as: ${seen[0] ?? 'nothing'}\n`)
      expect(seen.length).toBeGreaterThan(0)
    } finally {
      remove()
    }
  }, 180_000)
})

test('a build that is not broken keeps the promises of each scene', async () => {
  const all = Object.keys(PROMISES) as Promised[] // a table of ours: it has no other keys
  expect(await play(all)).toEqual([])
}, 60_000)

test('each mistake has one place in the code, those of the long form too', () => {
  expect(MISTAKES.filter(({ breakage }) => timesFound(breakage) !== 1).map(({ name }) => name)).toEqual([])
})

test('a breakage whose place is not in the code any more is an error', () => {
  expect(() => breakBuild({ file: 'delivery/log-lane.js', find: 'no such line', replace: '' })).toThrow('not once')
})
