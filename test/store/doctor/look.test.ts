import { expect, onTestFinished, test } from 'vitest'
import { compile } from '../../../src/compile.ts'
import type { PoolSpec } from '../../../src/plan/program.ts'
import { findingsOf } from '../../../src/store/doctor/findings.ts'
import { lookAtPool, type Look } from '../../../src/store/doctor/look.ts'
import { needsOf } from '../../../src/store/permissions/needs.ts'
import { rules, STORED } from '../../support/rules.ts'
import { poolSpec } from '../pool-kit.ts'
import { freePort, startRedis, until, type RedisServer } from '../redis-server.ts'

async function redis(...args: string[]): Promise<RedisServer> {
  const server = await startRedis(...args)
  onTestFinished(() => server.stop())
  return server
}

function look(spec: PoolSpec): Promise<Look> {
  const { program } = compile([{ name: 'a.conf', text: rules(...STORED, 'backend.redis.pool1.server = 127.0.0.1') }])
  if (program === undefined) throw new Error('the rules have errors')
  return lookAtPool({ spec, needs: needsOf({ program, spec }), folder: '.', dataDir: 'not-there', asksConfig: true })
}

const dangers = (seen: Look): readonly string[] => seen.ok ? findingsOf(seen.facts).filter(({ severity }) => severity === 'danger').map(({ name }) => name) : [seen.clause]

/** Nodes of one cluster, each with as many of its slots. */
async function cluster(size: number): Promise<readonly RedisServer[]> {
  const nodes = await Promise.all(Array.from({ length: size }, () => redis('--cluster-enabled', 'yes', '--cluster-node-timeout', '1000')))
  const slots = 16_384 / size
  for (const [i, { client, port }] of nodes.entries()) {
    await client.call('CLUSTER', 'ADDSLOTSRANGE', String(Math.floor(i * slots)), String(Math.floor((i + 1) * slots) - 1))
    await client.call('CONFIG', 'SET', 'cluster-announce-ip', '127.0.0.1')
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
    if (i > 0) await nodes[0]?.client.call('CLUSTER', 'MEET', '127.0.0.1', String(port))
  }
  await until(async () => (await Promise.all(nodes.map(({ client }) => client.cluster('INFO')))).every((info) => info.includes('cluster_state:ok')), 'the cluster is up', 30_000)
  return nodes
}

test('looks at every master of a cluster, and says which of them does not answer', async () => {
  const nodes = await cluster(3)
  const [first, second, third] = nodes
  if (first === undefined || second === undefined || third === undefined) throw new Error('no nodes')
  const spec = poolSpec(first.port, { type: 'cluster', database: 3 })
  await second.client.config('SET', 'appendfsync', 'everysec')
  const seen = await look(spec)
  if (!seen.ok) throw new Error(seen.clause)
  expect(seen.facts.servers.map(({ place }) => place).sort()).toEqual(nodes.map(({ port }) => `127.0.0.1:${port}`).sort())
  expect(seen.facts.cluster).toEqual({ state: 'ok', slotsAssigned: 16_384, masters: 3, silent: [] })
  expect(findingsOf(seen.facts).filter(({ severity, name }) => severity === 'danger' && name !== 'no-replica')).toMatchObject([
    { name: 'fsync-every-second', place: `127.0.0.1:${second.port}` },
  ])
  await third.kill()
  expect(dangers(await look(spec))).toContain('cluster-master-silent')
  await until(async () => (await first.client.cluster('INFO')).includes('cluster_state:fail'), 'the others miss it', 30_000)
  expect(dangers(await look(spec))).toEqual(expect.arrayContaining(['cluster-down', 'cluster-master-silent']))
}, 90_000)

test('asks the next node of a cluster where one is away', async () => {
  const [only] = await cluster(1)
  const port = only?.port ?? 0
  const away = { host: '127.0.0.1', port: await freePort() }
  const seen = await look(poolSpec(port, { type: 'cluster', server: [away, { host: '127.0.0.1', port }] }))
  expect(dangers(seen)).toEqual(['cluster-masters-too-few', 'no-replica'])
  expect(await look(poolSpec(away.port, { type: 'cluster' }))).toEqual({ ok: false, clause: `no node of the cluster answers; 127.0.0.1:${away.port}: connection refused` })
}, 60_000)

test('a cluster pool at a Redis that is no cluster', async () => {
  const { port } = await redis()
  expect(await look(poolSpec(port, { type: 'cluster' }))).toMatchObject({ ok: false, clause: expect.stringContaining('cluster support disabled') })
})

test('looks at the database of the pool', async () => {
  const { port } = await redis('--databases', '2')
  expect(await look(poolSpec(port, { database: 1 }))).toMatchObject({ ok: true })
  expect(await look(poolSpec(port, { database: 2 }))).toMatchObject({ ok: false, clause: expect.stringContaining('DB index') })
})

test('a command of a rule that Redis does not know hides nothing of what its user may not', async () => {
  const { port, client } = await redis()
  await client.call('ACL', 'SETUSER', 'weak', 'on', 'nopass', '~mqtt:*', '&*', '+@all', '-zadd')
  const commands = [['NOSUCH', 'x'], ['GET'], ['ZADD', 'mqtt:topics', '0', 'x'], ['GET', 'mine'], ['PING']].map((sample) => ({ sample, users: [] }))
  const seen = await lookAtPool({
    spec: poolSpec(port, { username: 'weak', password: 'any' }), needs: { storesExpiring: false, commands, cautions: [], channels: [] }, folder: '.', dataDir: 'not-there', asksConfig: true,
  })
  expect(seen).toMatchObject({
    ok: true, facts: { unseen: [], servers: [{ denied: [{ what: 'ZADD mqtt:topics', grant: '+zadd' }, { what: 'GET mine', grant: '~mine' }] }] },
  })
})
