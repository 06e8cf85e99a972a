import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { hookline } from '../server/hookline-process.ts'
import { tempFolder } from '../server/temp-folder.ts'
import { freePort, startRedis, until, type RedisServer } from '../store/redis-server.ts'
import { startSentinelGroup } from '../store/sentinel-group.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { Commands } from './commands.ts'

const CERTIFICATES = fileURLToPath(new URL('../store/certificates/', import.meta.url))

async function redis(...args: string[]): Promise<RedisServer> {
  const server = await startRedis(...args)
  onTestFinished(() => server.stop())
  return server
}

function rulesFile(...lines: readonly string[]): string {
  const file = join(tempFolder(), 'redis.conf')
  writeFileSync(file, rules(...STORED, ...lines))
  return file
}

const pool = (port: number, ...more: readonly string[]): string =>
  rulesFile(`backend.redis.pool1.server = 127.0.0.1:${port}`, ...more.map((line) => `backend.redis.pool1.${line}`))

interface Report {
  readonly pools: readonly {
    readonly name: string
    readonly looked: boolean
    readonly reason?: string
    readonly facts?: { readonly unseen: readonly string[], readonly servers: readonly { readonly place: string }[] }
    readonly promises?: readonly { readonly name: string, readonly kept: string }[]
    readonly findings?: readonly { readonly name: string, readonly severity: string, readonly sentence: string, readonly remedies: readonly { readonly line: string }[] }[]
  }[]
}

/** Its exit code, the names of the dangers, and what it says of the first pool. */
async function doctor(...args: readonly string[]) {
  const { code, out, err } = await new Commands().run('doctor', '--json', ...args)
  const { pools } = JSON.parse(out) as Report // what is tested
  const [first] = pools
  const dangers = first?.findings?.filter(({ severity }) => severity === 'danger').map(({ name }) => name)
  const kept = Object.fromEntries(first?.promises?.map((promise) => [promise.name, promise.kept]) ?? [])
  return { code, err, out, pools, first, dangers, kept }
}

test('a Redis that has all on disk before it answers is no danger, exit 0', async () => {
  const { port, client } = await redis()
  expect(await doctor('-f', pool(port))).toMatchObject({
    code: 0, err: '', dangers: [],
    kept: { 'broker-killed': 'yes', 'redis-killed': 'yes', 'power-lost': 'yes', 'master-lost': 'none', 'redis-away': 'yes', 'memory-full': 'yes' },
  })
  expect(await client.dbsize()).toBe(0)
})

test('sees what is switched while Redis runs, exit 1, and what it says to type helps', async () => {
  const { port, client } = await redis('--appendfsync', 'everysec', '--maxmemory', '100mb', '--maxmemory-policy', 'volatile-lru')
  const file = pool(port)
  const { code, dangers, kept, first } = await doctor('-f', file)
  expect({ code, dangers, kept }).toMatchObject({ code: 1, dangers: ['fsync-every-second', 'evicts-messages'], kept: { 'power-lost': 'partly', 'memory-full': 'no' } })
  for (const { line } of first?.findings?.flatMap(({ remedies }) => remedies) ?? []) {
    const [name = '', ...args] = line.split(' ')
    // it was started without a file
    if (line !== 'CONFIG REWRITE') await client.call(name, ...args)
  }
  expect(await doctor('-f', file)).toMatchObject({ code: 0, dangers: [] })
  await client.config('SET', 'appendonly', 'no')
  expect((await doctor('-f', file)).dangers).toEqual(['no-persistence'])
  await client.config('SET', 'save', '3600 1')
  expect((await doctor('-f', file)).dangers).toEqual(['snapshots-only'])
})

test('says for people what it saw', async () => {
  const { port } = await redis('--appendfsync', 'everysec')
  const { code, out } = await new Commands().run('doctor', '-f', pool(port))
  expect(code).toBe(1)
  expect(out).toMatch(/^pool1 \(.*redis\.conf:6\): (?:Redis|Valkey) \d[\d.]* at 127\.0\.0\.1:\d+, master, no replicas\n\n {2}an acknowledged message survives when\n/)
  expect(out).toContain('    its machine loses power   what came in the last second is lost\n')
  expect(out).toContain(`          $ redis-cli -h 127.0.0.1 -p ${port} CONFIG SET appendfsync always\n`)
  expect(out).toMatch(/\n\n1 pool: 1 danger\n$/)
})

test('a user who may not look is told what could not be seen', async () => {
  const { port, client } = await redis()
  await client.call('ACL', 'SETUSER', 'blind', 'on', '>s3cret', '~mqtt:*', '&*', '+@all', '-@admin', '-@dangerous')
  const { code, dangers, kept, first, out } = await doctor('-f', pool(port, 'username = blind', 'password = s3cret'))
  expect({ code, dangers, kept }).toMatchObject({ code: 1, dangers: expect.arrayContaining(['persistence-unseen']), kept: { 'power-lost': 'unknown' } })
  expect(first?.facts?.unseen).toEqual([
    'INFO: its user may not ask', 'CONFIG GET: its user may not ask', 'what its user may do (ACL DRYRUN): its user may not ask',
  ])
  expect(out).not.toContain('s3cret')
})

test('a user who may not do what rules need is told what, and what it says to type is enough', async () => {
  const { port, client } = await redis()
  await client.call('ACL', 'SETUSER', 'weak', 'on', '>s3cret', '~mqtt:msg:*', 'resetchannels', '+@all', '-zadd', '-script|load')
  const file = pool(port, 'username = weak', 'password = s3cret')
  const { code, dangers, first } = await doctor('-f', file)
  expect({ code, dangers }).toEqual({ code: 1, dangers: ['user-may-not'] })
  const named = first?.findings?.filter(({ name }) => name.startsWith('user-'))
  expect(named?.[0]?.sentence).toContain('SCRIPT LOAD')
  expect(named?.map(({ name }) => name)).toEqual(['user-may-not', 'user-may-not-hear'])
  for (const { line } of named?.flatMap(({ remedies }) => remedies) ?? []) await client.call('ACL', ...line.split(' ').slice(1))
  const after = await doctor('-f', file)
  expect(after.first?.findings?.map(({ name }) => name)).toEqual(['alone', 'memory-unbounded'])
})

test('a pool that cannot be reached is exit 2, with the reason, and hides no other', async () => {
  const { port } = await redis('--requirepass', 's3cret')
  const away = await freePort()
  const file = rulesFile(
    rule('message.publish.9', 'on_message_publish', 'x/#').replace('pool1', 'pool2'), rule('message.publish.8', 'on_message_publish', 'y/#').replace('pool1', 'pool3'),
    `backend.redis.pool1.server = 127.0.0.1:${port}`, 'backend.redis.pool1.password = s3cret',
    `backend.redis.pool2.server = 127.0.0.1:${away}`, `backend.redis.pool3.server = 127.0.0.1:${port}`, `backend.redis.unused.server = 127.0.0.1:${away}`,
  )
  const { code, pools } = await doctor('-f', file)
  expect(code).toBe(2)
  expect(pools).toMatchObject([
    { name: 'pool1', looked: true }, { name: 'pool2', looked: false, reason: 'connection refused' }, { name: 'pool3', looked: false, reason: expect.stringMatching(/^NOAUTH/) },
  ])
  expect(await doctor('pool1', '-f', file)).toMatchObject({ code: 0, pools: [{ name: 'pool1' }] })
})

test('a pool that the rules do not have is exit 2, and mistakes of the rules are exit 1', async () => {
  const commands = new Commands()
  expect(await commands.run('doctor', 'pol1', '-f', pool(6379))).toMatchObject({ code: 2, err: 'hookline: the rules have no pool pol1; they have pool1\n' })
  expect(await commands.run('doctor', '-f', pool(6379, 'nonsense = 1'))).toMatchObject({ code: 1, out: '' })
  expect(await commands.run('doctor', '-f', 'not-there.conf')).toMatchObject({ code: 2, out: '' })
})

test('a Redis that is there and does not answer is not waited for', async () => {
  const server = await redis()
  server.freeze()
  expect(await doctor('-f', pool(server.port))).toMatchObject({ code: 2, first: { reason: 'no answer' } })
  server.thaw()
})

test('a replica, and replicas that are waited for and missing', async () => {
  const master = await redis()
  const replica = await redis('--replicaof', `127.0.0.1 ${master.port}`)
  await until(async () => /^slave0:.*state=online/m.test(await master.client.info('replication')), 'the replica is up to date', 30_000)
  expect((await doctor('-f', pool(replica.port))).dangers).toContain('replica')
  expect(await doctor('-f', pool(master.port))).toMatchObject({ code: 1, dangers: ['replicas-not-waited-for'], kept: { 'master-lost': 'no' } })
  expect(await doctor('-f', pool(master.port, 'wait_replicas = 1'))).toMatchObject({ code: 0, dangers: [], kept: { 'master-lost': 'yes' } })
  expect(await doctor('-f', pool(master.port, 'wait_replicas = 2'))).toMatchObject({ code: 1, dangers: ['replicas-missing'], kept: { 'master-lost': 'no' } })
}, 60_000)

test('looks behind sentinels at the master that they name', async () => {
  const group = await startSentinelGroup()
  onTestFinished(() => group.stop())
  const lines = ['type = sentinel', `sentinel = ${group.name}`, 'wait_replicas = 1']
  const addresses = group.addresses.map(({ host, port }) => `${host}:${port}`)
  const file = (servers: readonly string[], ...more: readonly string[]): string =>
    rulesFile(`backend.redis.pool1.server = ${servers.join(',')}`, ...[...lines, ...more].map((line) => `backend.redis.pool1.${line}`))
  const master = await group.master()
  const { code, dangers, first } = await doctor('-f', file(addresses))
  expect({ code, dangers }).toEqual({ code: 0, dangers: [] })
  expect(first?.facts).toMatchObject({
    servers: [{ place: `127.0.0.1:${master.port}`, replicas: 2 }], sentinels: { listed: 3, silent: [], watching: 3, quorum: 2, replicas: 2, downAfterMs: 1_000 },
  })
  expect((await doctor('-f', file([...addresses, `127.0.0.1:${await freePort()}`]))).first?.findings?.map(({ name }) => name)).toContain('sentinels-silent')
  expect(await doctor('-f', file(addresses, 'sentinel = nobody'))).toMatchObject({ code: 2, first: { reason: expect.stringContaining('it knows no master named "nobody"') } })
}, 60_000)

test('looks in TLS, and says what is wrong with a certificate', async () => {
  const tlsPort = await freePort()
  const certificate = (name: string): string => join(CERTIFICATES, name)
  await redis('--tls-port', String(tlsPort), '--tls-cert-file', certificate('server.pem'), '--tls-key-file', certificate('server.key'), '--tls-ca-cert-file', certificate('authority.pem'), '--tls-auth-clients', 'no')
  expect(await doctor('-f', pool(tlsPort, 'ssl = on', `cafile = ${certificate('authority.pem')}`))).toMatchObject({ code: 0, dangers: [] })
  expect(await doctor('-f', pool(tlsPort, 'ssl = on'))).toMatchObject({ code: 2, first: { reason: expect.stringContaining('cafile') } })
  expect(await doctor('-f', pool(tlsPort, 'ssl = on', 'cafile = not-there.pem'))).toMatchObject({ code: 2, first: { reason: expect.stringContaining('no such file') } })
})

const EMBEDDED = rules(...STORED, 'backend.redis.pool1.server = embedded')

test('of the embedded store that no broker runs it says what it will be, and starts none', async () => {
  const file = rulesFile('backend.redis.pool1.server = embedded')
  const { code, out } = await new Commands().run('doctor', '-f', file)
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('embedded; no broker runs it now, and this is what it will be') })
})

test('without -f it looks at the pools of the running broker, the embedded store through its socket', async () => {
  const commands = new Commands()
  await commands.start(EMBEDDED)
  const { code, out, err } = await commands.run('doctor')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/: embedded, (?:Redis|Valkey) \d[\d.]* at \S*redis\.sock, master, no replicas\n/)
})

test("the store in the broker's process keeps nothing", async () => {
  const folder = tempFolder()
  const file = join(folder, 'redis.conf')
  writeFileSync(file, `${EMBEDDED}listener.tcp.external = 127.0.0.1:0\n`)
  const bin = tempFolder()
  symlinkSync(process.execPath, join(bin, 'node'))
  const broker = hookline(['start', file], { PATH: bin, XDG_RUNTIME_DIR: tempFolder() })
  await broker.lines('ready', 1)
  expect(await doctor('-f', file)).toMatchObject({ code: 1, dangers: ['memory-only'], kept: { 'broker-killed': 'no', 'redis-killed': 'no', 'power-lost': 'no' } })
})
