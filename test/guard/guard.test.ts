import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis, type RedisServer } from '../store/redis-server.ts'
import { count, type Counts, least, moreThan } from './count.ts'

/** What a message took when it was last written down: `npm run guard` does that. */
const FIGURES = fileURLToPath(new URL('figures.json', import.meta.url))
const ROUNDS = fileURLToPath(new URL('rounds.mjs', import.meta.url))
const WRITE = process.env['GUARD'] === 'write'

const NODE = process.versions.node.split('.')[0] ?? ''

const STORE = '{"topic": "queue/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}'

/** Ways of a message. The burdens are tried on one of them. Whether what a subscriber has and its acknowledgements share a round is a matter of time: hence the slackness. */
const WAYS = [
  { name: 'stored', subscriber: false, slackness: 1, burdens: ['closure', 'copy', 'promise', 'redisCall'], rules: `backend.redis.hook.message.publish.1 = ${STORE}` },
  {
    name: 'stored, delivered, acknowledged, deleted', subscriber: true, slackness: 4, burdens: [],
    rules: `backend.redis.hook.message.publish.1 = ${STORE}
backend.redis.hook.session.subscribed.1 = {"topic": "queue/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "queue/#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}`,
  },
  { name: 'matched by no rule', subscriber: false, slackness: 1, burdens: [], rules: `backend.redis.hook.message.publish.1 = ${STORE.replace('queue', 'other')}` },
]

interface Figures {
  /** Major version of Node that they were counted with; see `ofNode`. */
  readonly node: string
  readonly ways: Readonly<Record<string, Counts>>
}

function countOf({ rules, subscriber }: typeof WAYS[number], burdens: readonly string[]): Promise<ReadonlyMap<string, Counts>> {
  return count(redis, { topic: 'queue/a', rules, subscriber, burdens })
}

let redis: RedisServer
const counted = new Map<string, ReadonlyMap<string, Counts>>()
const figures = JSON.parse(readFileSync(FIGURES, 'utf8')) as Figures // written below
const withNode = figures.node === NODE

beforeAll(async () => {
  redis = await startRedis()
  for (const way of WAYS) counted.set(way.name, await countOf(way, way.burdens))
  if (WRITE) writeFileSync(FIGURES, `${JSON.stringify({ node: NODE, ways: Object.fromEntries(WAYS.map(({ name }) => [name, countsOf(name)])) }, undefined, 2)}\n`)
}, 300_000)
afterAll(async () => { await redis?.stop() })

test.skipIf(WRITE).each(WAYS)('a message that is $name takes no more calls, memory, promises, writes or Redis commands than before', async (way) => {
  const stored = figures.ways[way.name]
  if (stored === undefined) throw new Error(`no figures for ${way.name}; type: npm run guard`)
  let counts = countsOf(way.name)
  // now and then a whole process takes a twelfth more memory than all others; what is really more is more in each
  for (let again = 0; again < 2 && moreThan(stored, counts, { withNode, slackness: way.slackness }).length > 0; again++) {
    counts = least(counts, (await countOf(way, [])).get('none') ?? counts)
  }
  const more = moreThan(stored, counts, { withNode, slackness: way.slackness })
  expect(more, 'if that is worth it, write the new figures down with `npm run guard` and say in the commit why').toEqual([])
}, 300_000)

test.each([
  { burden: 'closure', seen: /^calls: / },
  { burden: 'copy', seen: /^bufferBytes: / },
  { burden: 'promise', seen: /^promises: / },
  { burden: 'redisCall', seen: /^redisCommands: / },
])('one $burden more for each message is noticed', ({ burden, seen }) => {
  const more = moreThan(countsOf('stored'), countsOf('stored', burden), { withNode: true })
  expect(more).toContainEqual(expect.stringMatching(seen))
})

test('a message is let go by the first small collection after its answer, and not only by a full one', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--trace-gc', ROUNDS, String(redis.port), '400'], { maxBuffer: 64 * 1024 * 1024 })
  const heaps = [...stdout.matchAll(/(Scavenge|Mark-Compact).*? ([\d.]+) \([\d.]+\) -> ([\d.]+) /g)]
    .map(([, kind, before, after]) => ({ isSmall: kind === 'Scavenge', before: Number(before), after: Number(after) }))
  const pairs = heaps.slice(1).map((heap, i) => ({ heap, left: heaps[i]?.after ?? 0 })).slice(-20).filter(({ heap }) => heap.isSmall)
  expect(pairs.length).toBeGreaterThan(10)
  const allocated = pairs.reduce((sum, { heap, left }) => sum + heap.before - left, 0)
  const survived = pairs.reduce((sum, { heap, left }) => sum + heap.after - left, 0)
  expect(survived / allocated).toBeLessThan(0.15)
}, 60_000)

function countsOf(name: string, burden = 'none'): Counts {
  const counts = counted.get(name)?.get(burden)
  if (counts === undefined) throw new Error(`${name} was not counted with ${burden}`)
  return counts
}
