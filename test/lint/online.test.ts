import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { Command } from 'commander'
import { aclCommand } from '../../src/cli/acl.ts'
import { lintCommand } from '../../src/cli/lint.ts'
import { startCluster } from '../store/redis-cluster.ts'
import { freePort, startRedis, until, type RedisServer } from '../store/redis-server.ts'
import { startSentinelGroup } from '../store/sentinel-group.ts'
import { rule, STORED } from '../support/rules.ts'
import { oldServer } from './old-server.ts'

let redis: RedisServer
beforeAll(async () => { redis = await startRedis('--databases', '2') })
afterAll(() => redis.stop())

async function printed(command: Command, ...args: readonly string[]) {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const before = process.exitCode
  try {
    await command.exitOverride().parseAsync(args, { from: 'user' })
    return { code: process.exitCode, out: out.mock.calls.join(''), err: err.mock.calls.join('') }
  } finally {
    process.exitCode = before
    vi.restoreAllMocks()
  }
}

function rulesFile(...lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-online-'))
  onTestFinished(() => { rmSync(folder, { recursive: true }) })
  const file = join(folder, 'redis.conf')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

interface Found {
  readonly line: number
  readonly column: number
  readonly severity: string
  readonly check: string
  readonly message: string
  readonly hint?: string
}

/** What it says, in the order of the lines; what would be said without asking is left out. */
async function online(file: string, ...flags: readonly string[]) {
  const lines = (out: string): readonly string[] => out.split('\n').filter(line => line !== '')
  const offline = new Set(lines((await printed(lintCommand(), '--format', 'json', ...flags, file)).out))
  const { code, out, err } = await printed(lintCommand(), '--format', 'json', '--online', ...flags, file)
  const found = lines(out).filter(line => !offline.has(line)).map(line => JSON.parse(line) as Found) // what is tested
  const gone = [...offline].filter(line => !lines(out).includes(line)).map(line => (JSON.parse(line) as Found).check)
  return { code, err, found, gone, names: found.map(({ severity, check, line }) => `${severity} ${check} ${line}`) }
}

const at = (port: number, ...more: readonly string[]): readonly string[] => [`backend.redis.pool1.server = 127.0.0.1:${port}`, ...more.map(line => `backend.redis.pool1.${line}`)]

test('of a Redis that can do all that rules need it has nothing to say, and changes nothing there', async () => {
  await redis.client.config('RESETSTAT')
  expect(await online(rulesFile(...at(redis.port), ...STORED, rule('message.publish.9', ['INCR count'], '#')))).toMatchObject({ code: 0, err: '', found: [], gone: [] })
  expect(await redis.client.dbsize()).toBe(0)
  const asked = [...(await redis.client.info('commandstats')).matchAll(/^cmdstat_([^:]+)/gm)].map(([, name]) => name)
  expect(new Set(asked)).toEqual(new Set(['acl|dryrun', 'acl|whoami', 'client|setname', 'command|info', 'config|resetstat', 'dbsize', 'info', 'time']))
})

test('names what its user may not at the rule, the command or the server line that needs it, and what it says to type helps', async () => {
  await redis.client.call('ACL', 'SETUSER', 'weak', 'reset', 'on', '>s3cret', '~mqtt:*', 'resetchannels', '&mqtt:wake', '+@all', '-incr', '-zrandmember', '-evalsha')
  const file = rulesFile(...at(redis.port, 'username = weak', 'password = s3cret'), ...STORED, rule('message.publish.9', ['HSET mqtt:mine ${clientid} 1', 'INCR mqtt:count', 'HSET of:${clientid} a 1'], '#'))
  const { code, names, found, err } = await online(file)
  expect({ code, names }).toEqual({
    code: 1, names: ['error user-may-not 1', 'warning user-may-not 1', 'error user-may-not 4', 'error user-may-not 9', 'warning user-may-not 9'],
  })
  expect(found.map(({ message }) => message)).toEqual([
    'the user `weak` of `pool1` may not `EVALSHA`, which every rule of it needs',
    expect.stringContaining('`weak` of `pool1` may not use `mqtt_channel`'),
    'the user `weak` of `pool1` may not `ZRANDMEMBER mqtt:msg:x`, `ZRANDMEMBER mqtt:topics`, which `on_message_publish` needs',
    'the user `weak` of `pool1` may not `INCR mqtt:count`, which this rule needs',
    'the user `weak` of `pool1` may not always `HSET of:x`, which this rule needs',
  ])
  expect(found.at(-1)?.hint).toContain('`ACL SETUSER weak ~of:*`')
  for (const { hint = '' } of found) {
    const [, line = ''] = /(ACL SETUSER [^`]*)`/.exec(hint) ?? []
    await redis.client.call('ACL', ...line.split(' ').slice(1))
  }
  expect(await online(file)).toMatchObject({ code: 0, found: [] })
  expect(JSON.stringify([found, err])).not.toContain('s3cret')
})

test('has nothing to say of the user that `acl` prints', async () => {
  const file = rulesFile(...at(redis.port, 'username = least', 'password = s3cret'), ...STORED, rule('message.publish.9', ['INCR of:${clientid}'], '#'))
  const { out } = await printed(aclCommand(), '--password-hash', '--also', 'online', '-f', file, 'pool1')
  await redis.client.call('ACL', ...out.trim().split(' ').slice(1))
  expect(await online(file)).toMatchObject({ code: 0, err: '', found: [] })
})

test('says that it cannot see what its user may do, where it may not ask', async () => {
  await redis.client.call('ACL', 'SETUSER', 'blind', 'reset', 'on', 'nopass', '~*', '&*', '+@all', '-acl', '-command')
  const { code, found, err } = await online(rulesFile(...at(redis.port, 'username = blind', 'password = any'), ...STORED))
  expect({ code, found }).toEqual({ code: 0, found: [] })
  expect(err).toBe('hookline: pool1: not seen: what its user may do (ACL DRYRUN): its user may not ask\n')
})

test('a command that no Redis has is an error if the server has it neither, and fine if a module brings it', async () => {
  const server = await startRedis('--rename-command', 'INCR', 'COUNT.UP')
  onTestFinished(() => server.stop())
  const file = rulesFile(...at(server.port), rule('message.publish.1', ['HEST k f v', 'NO.SUCH k', 'COUNT.UP k', 'INCR k'], 'a'))
  const { code, names, gone, found } = await online(file)
  expect({ code, names, gone }).toEqual({ code: 1, names: ['error unknown-command 2', 'error unknown-command 2', 'warning needs-newer-server 2'], gone: ['unknown-command'] })
  expect(found[0]).toMatchObject({ message: expect.stringMatching(/^the Redis of `pool1`, Redis \d[\d.]*, has no command `HEST`$/), hint: expect.stringContaining('`HSET`') })
  expect(found[2]?.message).toMatch(/does not know `INCR`$/)
})

test('a Redis that throws messages away when it is full', async () => {
  const server = await startRedis('--maxmemory', '100mb', '--maxmemory-policy', 'volatile-lru')
  onTestFinished(() => server.stop())
  const ignored = '# hookline-ignore evicts-messages -- they may go'
  expect(await online(rulesFile(...at(server.port), ...STORED))).toMatchObject({ code: 0, names: ['warning evicts-messages 1'] })
  expect(await online(rulesFile(ignored, ...at(server.port), ...STORED), '--strict')).toMatchObject({ code: 0, found: [], gone: [] })
})

test('a Redis of before: what it does not have, and what cannot be seen there', async () => {
  const file = rulesFile(...at(await oldServer()), rule('message.publish.1', ['HEXPIRE h 60 FIELDS 1 a', 'LMPOP 1 l LEFT', 'NOSUCH k', 'GET k'], 'a'))
  const { code, err, names, found } = await online(file)
  expect({ code, names }).toEqual({ code: 1, names: ['warning needs-newer-server 2', 'warning needs-newer-server 2', 'error unknown-command 2'] })
  expect(found.map(({ message }) => message)).toEqual([
    '`HEXPIRE` needs Redis 7.4; that of `pool1` is Redis 6.2.14', '`LMPOP` needs Redis 7.0; that of `pool1` is Redis 6.2.14',
    'the Redis of `pool1`, Redis 6.2.14, has no command `NOSUCH`',
  ])
  expect(err).toContain('pool1: not seen: what its user may do (ACL DRYRUN): it knows no such command')
})

test('a Redis that cannot be reached is a warning, one that refuses to let us in an error', async () => {
  const guarded = await startRedis('--requirepass', 'right')
  onTestFinished(() => guarded.stop())
  const file = rulesFile(...at(await freePort()), ...STORED)
  expect(await online(file)).toMatchObject({ code: 0, found: [{ check: 'pool-unreachable', line: 1, message: 'the Redis of `pool1` cannot be asked from here: connection refused' }] })
  expect(await online(file, '--strict')).toMatchObject({ code: 1 })
  expect(await online(rulesFile(...at(guarded.port), ...STORED))).toMatchObject({ code: 1, names: ['error pool-unreachable 1'] })
  expect(await online(rulesFile(...at(guarded.port, 'password = wrong'), ...STORED))).toMatchObject({ code: 1, names: ['error pool-unreachable 1'] })
  expect(await online(rulesFile(...at(redis.port, 'database = 5'), ...STORED))).toMatchObject({ code: 1, names: ['error pool-unreachable 1'] })
  expect(await online(rulesFile(...at(guarded.port, 'password = right'), ...STORED))).toMatchObject({ code: 0, found: [] })
})

test('a Redis that stands still is not waited for', async () => {
  const frozen = await startRedis()
  onTestFinished(() => frozen.stop())
  frozen.freeze()
  expect(await online(rulesFile(...at(frozen.port), ...STORED))).toMatchObject({ code: 0, found: [{ check: 'pool-unreachable', message: expect.stringContaining('no answer') }] })
  frozen.thaw()
})

test('an embedded store is not asked, nor anybody for rules with errors or for pools that no rule uses', async () => {
  const unused = `backend.redis.unused.server = 127.0.0.1:${await freePort()}`
  expect(await online(rulesFile('backend.redis.pool1.server = embedded', unused, ...STORED))).toMatchObject({ code: 0, found: [], err: 'hookline: pool1 is the embedded store of a broker and was not asked\n' })
  const file = rulesFile(...at(await freePort()), ...STORED, 'node.nam = a')
  expect(await online(file)).toMatchObject({ code: 1, found: [], err: `hookline: no server was asked for ${file}: what the rules mean is open while they have errors\n` })
})

test('asks the masters of a cluster', async () => {
  const cluster = await startCluster({ masters: 1, replicas: 0 })
  onTestFinished(() => cluster.stop())
  const [node] = cluster.nodes
  await node?.client.call('ACL', 'SETUSER', 'weak', 'reset', 'on', 'nopass', '~mqtt:*', '+@all', '-hmget')
  const { names, found } = await online(rulesFile(...at(node?.port ?? 0, 'type = cluster', 'username = weak', 'password = any'), rule('session.subscribed.1', 'on_message_fetch_for_queue', 'q/#')))
  expect(names).toEqual(['error user-may-not 1', 'error user-may-not 5'])
  expect(found[0]?.hint).toContain('~{mqtt:topics}:seen')
  expect(found[1]?.message).toContain('may not `HMGET mqtt:msg:x`')
}, 60_000)

test('asks the master that sentinels name', async () => {
  const group = await startSentinelGroup()
  onTestFinished(() => group.stop())
  const master = await group.master()
  await master.client.config('SET', 'maxmemory', '100mb')
  await master.client.config('SET', 'maxmemory-policy', 'allkeys-lru')
  const servers = group.addresses.map(({ host, port }) => `${host}:${port}`).join(',')
  const file = rulesFile(`backend.redis.pool1.server = ${servers}`, `backend.redis.pool1.sentinel = ${group.name}`, ...STORED)
  await until(async () => (await online(file)).names.includes('warning evicts-messages 1'), 'it is seen')
}, 60_000)
