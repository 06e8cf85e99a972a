import { spawnSync } from 'node:child_process'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WRITE_ONLY } from '../../../src/language/command-access.ts'
import type { PoolSpec } from '../../../src/plan/program.ts'
import { adopt } from '../../../src/store/adopt.ts'
import { createIndexes } from '../../../src/store/cluster/indexes.ts'
import { openNodes } from '../../../src/store/cluster/nodes.ts'
import { CLUSTER_SCRIPTS } from '../../../src/store/cluster/scripts.ts'
import { slotOf } from '../../../src/store/cluster/slot.ts'
import { tidyLog } from '../../../src/store/cluster/trim-log.ts'
import type { OpenPool } from '../../../src/store/open-pool.ts'
import { aclLine } from '../../../src/store/permissions/acl-line.ts'
import { grantsOf, type Grants } from '../../../src/store/permissions/grants.ts'
import { needsOf } from '../../../src/store/permissions/needs.ts'
import { TOOLS, type Tool } from '../../../src/store/permissions/tool-commands.ts'
import { poolOf, withResolvers } from '../pool-kit.ts'
import { startCluster, type RedisCluster } from '../redis-cluster.ts'
import { startRedis, until, type RedisServer } from '../redis-server.ts'
import { everyRule, walk } from './walk.ts'

let redis: RedisServer
beforeAll(async () => { redis = await startRedis('--databases', '3') })
afterAll(() => redis.stop())

const PASSWORD = 'right'

function grants(lines: readonly string[], tools: readonly Tool[] = []): Grants {
  const { program, spec } = everyRule(...lines)
  const { commands, cautions, channels } = needsOf({ program, spec, topics: 'any' })
  return grantsOf([...[...commands, ...channels].map(({ sample }) => sample), ...cautions, ...tools.flatMap((tool) => TOOLS[tool])])
}

/** Types it, as its user would. */
function type(line: string, port: number): void {
  const { stdout, stderr } = spawnSync('redis-cli', ['-p', String(port)], { input: `${line}\n`, encoding: 'utf8' })
  expect(stdout.trim(), stderr + line).toBe('OK')
}

/** A server, or a master of a cluster. */
interface Server {
  readonly port: number
  readonly client: Redis
}

/** What Redis has refused a user, as `what: command`. */
async function denials(servers: readonly Server[], user: string): Promise<readonly string[]> {
  const logs = await Promise.all(servers.map(async ({ client }) => await client.call('ACL', 'LOG') as readonly (readonly unknown[])[])) // so its manual says
  return logs.flat().map((fields) => new Map(fields.flatMap((field, i) => i % 2 === 0 ? [[String(field), String(fields[i + 1])]] : [])))
    .filter((entry) => entry.get('username') === user).map((entry) => `${entry.get('reason')}: ${entry.get('object')}`)
}

/** Where a pool is walked, and what is walked there. */
interface Ground {
  readonly servers: readonly Server[]
  readonly lines: readonly string[]
  walk(pool: OpenPool): Promise<void>
}

/** Walks as this user, until the end or until Redis has refused something. */
async function walkAs(user: string, { servers, lines, walk: walkThere }: Ground, granted: Grants): Promise<readonly string[]> {
  for (const { client, port } of servers) {
    await client.flushall()
    await client.call('ACL', 'LOG', 'RESET')
    type(aclLine(granted, { name: user, credential: `>${PASSWORD}`, redis: '7.0' }), port)
  }
  const { spec } = everyRule(...lines, `username = ${user}`, `password = ${PASSWORD}`)
  const { pool } = poolOf(spec)
  const ears = servers.map(({ client }) => client.duplicate())
  let isOver = false
  await Promise.all(ears.map((ear) => ear.subscribe('mqtt:wake')))
  try {
    const refused = until(async () => (await denials(servers, user)).length > 0, 'something is refused', 8_000)
    const walked = (async () => {
      await pool.whenReady(5_000)
      await walkThere(pool)
      for (const { client } of servers) await reconnected(client, pool.spec.name, () => isOver)
    })()
    await Promise.race([walked, refused]).catch(async (error: unknown) => { if ((await denials(servers, user)).length === 0) throw error })
    refused.catch(() => {})
    // it must not go on beside the next one, whose connections have the same name
    isOver = true
    const found = await denials(servers, user)
    await pool.close()
    await walked.catch(() => {})
    return found
  } finally {
    for (const ear of ears) ear.disconnect()
    await pool.close()
  }
}

async function heard(client: Redis, channel: string): Promise<void> {
  await until(async () => (await client.call('PUBSUB', 'CHANNELS') as string[]).includes(channel), 'the pool listens')
}

/** The old connection is killed by the new one, should Redis still have it. */
async function reconnected(client: Redis, name: string, isOver: () => boolean): Promise<void> {
  if (isOver()) return
  const id = async (): Promise<string | undefined> => new RegExp(`^id=(\\d+).* name=hookline-${name} `, 'm').exec(String(await client.call('CLIENT', 'LIST')))?.[1]
  const before = await id()
  if (before === undefined) throw new Error('it has no name')
  // what it asks is counted, and this is not; a refused one counts apart
  await client.call('CLIENT', 'KILL', 'ID', before)
  await client.config('RESETSTAT')
  await until(async () => isOver() || ![undefined, before].includes(await id()), 'it is back')
  await until(async () => isOver() || /client\|kill:calls=[^0]/.test(await client.info('commandstats')), 'it has asked')
}

const ONE = () => [`server = 127.0.0.1:${redis.port}`]

function one(...more: readonly string[]): Ground {
  return {
    servers: [redis], lines: [...ONE(), ...more],
    async walk(pool) {
      await heard(redis.client, pool.spec.channel)
      await walk(pool, redis.client)
    },
  }
}

describe('the user that is printed', () => {
  test('may do all that every function, commands and channels need', async () => {
    await expect(walkAs('hookline', one(), grants(ONE()))).resolves.toEqual([])
  })

  test('may do so in another database, and where replicas are waited for', async () => {
    const replica = await startRedis('--replicaof', `127.0.0.1 ${redis.port}`)
    onTestFinished(() => replica.stop())
    await until(async () => (await redis.client.info('replication')).includes('state=online'), 'the replica is there', 30_000)
    const ground = one('database = 2', 'wait_replicas = 1')
    expect(grants(ground.lines).commands).toEqual(expect.arrayContaining(['select', 'wait']))
    await redis.client.select(2)
    await expect(walkAs('hookline', ground, grants(ground.lines))).resolves.toEqual([])
    await redis.client.select(0)
  }, 60_000)

  test('may not do what is not needed', async () => {
    type(aclLine(grants(ONE()), { name: 'hookline', credential: 'nopass', redis: '7.0' }), redis.port)
    const dry = (...args: readonly string[]): Promise<unknown> => redis.client.call('ACL', 'DRYRUN', 'hookline', ...args)
    expect(await dry('SET', 'mqtt:clock', '1')).toBe('OK')
    for (const args of [['FLUSHALL'], ['GET', 'other'], ['SET', 'lastseen:x', '1'], ['GET', 'last seen:x'], ['CONFIG', 'GET', 'x'], ['HSET', 'mqtt:sub:c', 'a', '1'], ['PUBLISH', 'other', 'x'], ['KEYS', '*']]) {
      expect(await dry(...args), args.join(' ')).toMatch(/has no permissions/)
    }
  })

  test('can adopt, if that was asked for', async () => {
    type(aclLine(grants(ONE(), ['adopt']), { name: 'adopter', credential: `>${PASSWORD}`, redis: '7.0' }), redis.port)
    await redis.client.zadd('mqtt:msg:old/topic', 1, 'old1')
    await redis.client.call('ACL', 'LOG', 'RESET')
    const { spec } = everyRule(...ONE(), 'username = adopter', `password = ${PASSWORD}`)
    for (const dryRun of [true, false]) {
      await expect(adopt({ spec, dryRun, keysPerSecond: 1e6, signal: new AbortController().signal, onProgress() {} })).resolves.toMatchObject({ logs: 1, finished: true })
    }
    expect(await denials([redis], 'adopter')).toEqual([])
  })

  test('is made by what is printed for Redis 6.2 too, whatever its patterns are', () => {
    const sample = [['SET', '\0', '1'], ['GET', 'a"b c\u0001d[x]*\\'], ['PUBLISH', '*', 'x'], ['GET', 'é']]
    for (const redisVersion of ['6.2', '7.0'] as const) {
      type(aclLine(grantsOf(sample), { name: 'odd', credential: 'nopass', redis: redisVersion }), redis.port)
      type(aclLine(grantsOf(sample.slice(1)), { name: 'odd', credential: 'nopass', redis: redisVersion }), redis.port)
    }
  })
})

/** Every way to take one thing away. */
function lessened(granted: Grants): readonly (readonly [what: string, left: Grants])[] {
  const without = (pattern: string, access: 'reads' | 'writes'): Grants['keys'] =>
    granted.keys.map((key) => key.pattern === pattern ? { ...key, [access]: false } : key).filter(({ reads, writes }) => reads || writes)
  return [
    ...granted.commands.map((name) => [`+${name}`, { ...granted, commands: granted.commands.filter((it) => it !== name) }] as const),
    ...granted.keys.flatMap(({ pattern, reads, writes }) => [
      ...reads ? [[`%R~${pattern}`, { ...granted, keys: without(pattern, 'reads') }] as const] : [],
      ...writes ? [[`%W~${pattern}`, { ...granted, keys: without(pattern, 'writes') }] as const] : [],
    ]),
    ...granted.channels.map((pattern) => [`&${pattern}`, { ...granted, channels: granted.channels.filter((it) => it !== pattern) }] as const),
  ]
}

/** What is granted, and can be taken away without any refusal. */
async function needlessOn(ground: Ground): Promise<readonly string[]> {
  const needless: string[] = []
  for (const [what, left] of lessened(grants(ground.lines))) {
    if ((await walkAs('lessened', ground, left)).length === 0) needless.push(what)
  }
  return needless
}

test('each part of it is needed: without it Redis refuses something', async () => {
  expect(await needlessOn(one())).toEqual([])
}, 120_000)

describe('on a cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => { cluster = await startCluster({ masters: 2, replicas: 0 }) }, 60_000)
  afterAll(() => cluster.stop())

  function several(): Ground {
    const { nodes } = cluster
    const lines = ['type = cluster', `server = ${nodes.map(({ port }) => `127.0.0.1:${port}`).join(', ')}`]
    return {
      servers: nodes, lines,
      async walk(pool) {
        await walk(pool, cluster.client)
        await tidied(pool.spec)
        await moved(pool)
      },
    }
  }

  /** What a pool does by the clock and by chance. */
  async function tidied(spec: PoolSpec): Promise<void> {
    const log = { info() {}, warn() {}, error() {} }
    const { promise: isUp, resolve } = withResolvers<void>()
    const nodes = openNodes({ spec, folder: undefined, scripts: Object.values(CLUSTER_SCRIPTS), log }, { onReady() { resolve() }, onLost() {}, onTrouble() {} })
    try {
      await isUp
      await tidyLog(nodes, 'mqtt:msg:old/topic', 10)
      await createIndexes(nodes).sweep(Math.floor(Date.now() / 1_000) + 2 * 86_400)
    } finally {
      await nodes.end()
    }
  }

  /** Something is read while its slot goes to another master. */
  async function moved(pool: OpenPool): Promise<void> {
    const slot = slotOf('mqtt:latest:moving')
    const from = await cluster.masterOf(slot)
    const to = cluster.nodes.find((node) => node !== from)
    if (to === undefined) throw new Error('no other master')
    await cluster.migrate(slot, to, () => new Promise((resolve) => { pool.latest('moving', () => { resolve() }) }))
  }

  test('it may do all that every function and commands need', async () => {
    const ground = several()
    await expect(walkAs('hookline', ground, grants(ground.lines))).resolves.toEqual([])
  })

  test('each part of it is needed: without it Redis refuses something', async () => {
    expect(await needlessOn(several())).toEqual([])
  }, 120_000)
})

test('commands that are taken to write only read nothing, as Redis says', async () => {
  const rows = await redis.client.call('COMMAND', 'INFO', ...WRITE_ONLY) as readonly (readonly unknown[])[] // so its manual says
  const reading = rows.filter((row) => JSON.stringify(row[8]).includes('ACCESS')).map(([name]) => name)
  expect(rows.filter((row) => row === null)).toEqual([])
  expect(reading).toEqual([])
})
