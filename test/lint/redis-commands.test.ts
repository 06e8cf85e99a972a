import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { callsOf } from '../../src/check/redis-call.ts'
import { resolve } from '../../src/check/symbols.ts'
import { compile } from '../../src/compile.ts'
import type { Placeholder } from '../../src/language/hooks.ts'
import { COMMAND_NAMES } from '../../src/language/redis-commands.ts'
import { parse } from '../../src/syntax/parse.ts'
import { startRedis, until, type RedisServer } from '../store/redis-server.ts'

let single: RedisServer
let cluster: RedisServer

beforeAll(async () => {
  [single, cluster] = await Promise.all([startRedis(), startRedis('--cluster-enabled', 'yes')])
  // One node with all slots refuses keys of different slots as well as many do.
  await cluster.client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await until(async () => String(await cluster.client.call('CLUSTER', 'INFO')).includes('cluster_state:ok'), 'the cluster is complete')
})
afterAll(() => Promise.all([single.stop(), cluster.stop()]))
beforeEach(() => Promise.all([single.client.flushall(), cluster.client.flushall()]))

const VALUES: Readonly<Record<Placeholder, string>> = {
  clientid: 'client 1', username: 'user', node: 'n@127.0.0.1', ts: '1700000000', msgid: '0123456789abcdefghij', topic: 'a/b c', payload: '{"x": 1}', qos: '1', retain: 'false',
  message: '', reason: 'normal',
}

function ruleOf(commands: readonly string[], type: 'single' | 'cluster' = 'single') {
  const rule = { topic: '#', action: { commands }, pool: 'pool1' }
  const text = `backend.redis.pool1.type = ${type}\nbackend.redis.pool1.server = 127.0.0.1:6379\nbackend.redis.hook.message.publish.1 = ${JSON.stringify(rule)}\n`
  return { name: 'a.conf', text }
}

function errorsOf(commands: readonly string[], type?: 'single' | 'cluster') {
  return compile([ruleOf(commands, type)]).diagnostics.filter(({ severity, check }) => severity === 'error' && check !== 'not-built-yet')
}

/** What a real Redis says to each command, filled in; nothing to one that it takes. */
async function refusals({ client }: RedisServer, commands: readonly string[]): Promise<readonly (string | undefined)[]> {
  const said: (string | undefined)[] = []
  for (const { name, args } of callsOf(resolve([parse(ruleOf(commands))]).rules)) {
    const filled = args.map(({ template }) => template.map(part => part.kind === 'text' ? part.text : VALUES[part.name as Placeholder]).join('')) // of these tests, all exist
    said.push(await client.call(name, ...filled).then(() => undefined, (error: unknown) => String(error)))
  }
  return said
}

/** Rules, by their commands, as people write them and as Redis takes them. */
const VALID: readonly (readonly string[])[] = [
  ['SET k v'], ['set k "a b"'], ['SET k v EX 60 NX'], ['SET k v KEEPTTL GET'], ['SET k ${payload} PX 100'], ['SET  v'], ['SET "" ""'],
  ['SETEX k 60 v'], ['PSETEX k 60 v'], ['SETNX k v'], ['GETSET k v'], ['GETDEL k'], ['GETEX k EX 60'], ['GET k'], ['MSET a 1 b 2'], ['MSETNX a 1'], ['MGET a b'],
  ['APPEND k ${payload}'], ['SETRANGE k 1 a'], ['SETBIT k 1 1'], ['BITFIELD k SET u8 0 1'], ['BITOP AND to a b'], ['INCR k'], ['INCRBY k ${qos}'], ['INCRBYFLOAT k 1.5'], ['DECR k'],
  ['DEL a b c'], ['UNLINK a'], ['EXISTS a'], ['EXPIRE k 60'], ['EXPIRE k 60 NX'], ['PEXPIREAT k ${ts}'], ['PERSIST k'], ['TOUCH k'], ['TYPE k'], ['COPY a b REPLACE'], ['SET a 1', 'RENAME a b'],
  ['HSET m:${msgid} ${message}'], ['HSET k f v g w'], ['HMSET k f v'], ['HSETNX k f v'], ['HDEL k f g'], ['HINCRBY k f 1'], ['HINCRBYFLOAT k f 1.5'], ['HGETALL k'],
  ['HSET ack:${clientid} ${topic} ${msgid}'],
  ['RPUSH k ${message}'], ['LPUSH k a b'], ['RPUSHX k a'], ['LTRIM k 0 9'], ['LPOP k'], ['LPOP k 2'], ['RPOPLPUSH a b'], ['LMOVE a b LEFT RIGHT'], ['LINSERT k BEFORE a b'], ['RPUSH k a', 'LSET k 0 b'],
  ['LREM k 0 a'], ['LMPOP 2 a b LEFT'],
  ['SADD k ${clientid} a'], ['SREM k a'], ['SMOVE a b m'], ['SPOP k'], ['SUNIONSTORE to a b'], ['SINTERSTORE to a'],
  ['ZADD k 1 a'], ['ZADD k NX CH ${ts} a 2 b'], ['ZADD k GT INCR ${ts} ${clientid}'], ['ZINCRBY k 1 a'], ['ZREM k a'], ['ZREMRANGEBYRANK k 0 -1001'], ['ZREMRANGEBYSCORE k -inf (5'],
  ['ZUNIONSTORE to 2 a b WEIGHTS 1 2'], ['ZINTERSTORE to 1 a'], ['ZPOPMIN k'], ['ZRANGESTORE to k 0 -1'], ['GEOADD k 13.36 38.11 a'], ['GEOADD k CH 13.36 38.11 a 1 2 b'],
  ['XADD k * f v'], ['XADD k MAXLEN ~ 1000 LIMIT 10 * f v g w'], ['XADD k NOMKSTREAM MINID = 1-0 * f v'], ['XADD k 5-* f v'], ['XADD k ${ts}-1 f v'], ['XADD k * ${message}'], ['XTRIM k MAXLEN 10'],
  ['XGROUP CREATE k g $ MKSTREAM', 'XREADGROUP GROUP g c COUNT 1 STREAMS k >', 'XACK k g 1-0'],
  ['XGROUP CREATE block block $ MKSTREAM', 'XREADGROUP GROUP block block STREAMS block >'],
  ['PFADD k ${clientid}'], ['PFMERGE to a b'], ['PUBLISH news ${payload}'], ['PUBLISH ${topic} "a b"'], ['SPUBLISH c m'],
  ['EVAL "return 1" 0'], ['EVAL "return ARGV[1]" 0 ${payload}'], ['EVAL "return redis.call(\'SET\', KEYS[1], ARGV[1])" 1 k ${payload}'], ['EVAL "return 1" 14 ${message}'],
  ['SCRIPT LOAD "return 1"'], ['OBJECT ENCODING k'], ['MEMORY USAGE k'], ['CLIENT LIST'], ['CLIENT ID'], ['CONFIG GET maxmemory'], ['INFO'], ['PING'], ['ECHO hi'], ['LOLWUT'],
]

/** What Redis refuses for its shape alone, with the check that says so. */
const REFUSED: readonly (readonly [check: string, command: string])[] = [
  ...['SET k', 'SET', 'GET', 'GET a b', 'SET m ${message}', 'HSET k', 'HSET k f', 'INCR', 'INCR a b', 'PUBLISH a', 'PUBLISH a b c', 'EXPIRE k', 'SETEX k 60', 'SETEX k 60 a b', 'LPUSH k', 'XADD k *',
    'XADD k * f', 'ZADD k 1', 'SADD k', 'DEL', 'XGROUP CREATE k', 'XGROUP DESTROY k', 'EVAL "return 1"', 'LMOVE a b LEFT', 'MSET a', 'GETSET k ${message}', 'OBJECT ENCODING', 'HINCRBY k f',
  ].map(command => ['wrong-arity', command] as const),
  ...['HSET k f v g', 'HMSET k f v g', 'MSET a 1 b', 'MSETNX a 1 b', 'HSET k ${message} x', 'ZADD k 1 a 2', 'ZADD k NX 1 a 2', 'ZADD k ${ts} ${clientid} ${ts}', 'GEOADD k 1 2 a 3', 'XADD k * f v g',
    'XADD k MAXLEN ~ 10 * f', 'XADD k NOMKSTREAM * f', 'XADD k 1-1 f v g',
  ].map(command => ['odd-pairs', command] as const),
  ...['EVAL "return 1" 2 a', 'EVAL "return 1" a', 'EVAL "return 1" -1 a', 'ZUNIONSTORE to 3 a b', 'ZINTERSTORE to x a', 'LMPOP x a LEFT'].map(command => ['eval-numkeys', command] as const),
]

describe('of commands that a real Redis takes', () => {
  it.each(VALID.map(commands => [commands.join(', '), commands] as const))('%s is no error', async (_, commands) => {
    expect(await refusals(single, commands)).toEqual(commands.map(() => undefined))
    expect(errorsOf(commands)).toEqual([])
  })
})

/** What Redis says to a command that it could take of no data. */
const SHAPE = /wrong number of arguments|syntax error|[Nn]umber of keys|numkeys|not an integer|not a valid float|Invalid stream ID/

describe('of commands that a real Redis refuses', () => {
  it.each(REFUSED)('%s sees %s, and nothing else does', async (check, command) => {
    expect((await refusals(single, [command]))[0]).toMatch(SHAPE)
    expect(errorsOf([command]).map(error => error.check)).toEqual([check])
  })
})

describe('a command that a hint says to write', () => {
  const hints = REFUSED.map(([, command]) => command).concat([
    'BLPOP k 0', 'BLMOVE a b LEFT RIGHT 0', 'BRPOPLPUSH a b 0', 'BLMPOP 0 1 k LEFT', 'BZPOPMIN k 0', 'XREAD BLOCK 0 STREAMS a 0', 'HMSET k f "a b"', 'SETEX k 60 "a b"', 'PSETEX k 60 v', 'SETNX k v',
    'GETSET k ""', 'RPOPLPUSH a b', 'SADD  k v', 'HSET k topic ${topic} qos', 'EVAL "return 1" k', 'XADD k * f "a b"', 'RPUSH k "\\"a\\" b"',
  ]).flatMap(command => compile([ruleOf([command])]).diagnostics.flatMap(({ hint = '' }) => [...hint.matchAll(/`([A-Z]+ [^`]+)`/g)].map(([, shown = '']) => shown)))

  it.each([...new Set(hints)])('%s is one that a real Redis takes', async (shown) => {
    // As in a rules file; what stands for several is one, and a word for a number is one.
    const typed = JSON.parse(`"${shown}"`) as string // as the file's text would be read
    const command = typed.replaceAll(' ..', '').replace(/\|\w+/g, '').replace(/numkeys/, '1').replace(/"script"/, '"return 1"')
      .replace(/\b(?:unix-)?(?:milli)?seconds\b|\b(?:number|count|score|index|offset|start|stop)\b/g, '1').replace(/longitude latitude/, '1 1')
    expect(errorsOf([command])).toEqual([])
    expect((await refusals(single, [command]))[0] ?? '').not.toMatch(SHAPE)
  })

  it('are many', () => {
    expect(new Set(hints).size).toBeGreaterThan(30)
  })
})

describe('of keys on a cluster', () => {
  const together = ['MSET a:{${clientid}} 1 b:{${clientid}} 2', 'SUNIONSTORE {x}1 {x}2 {x}3', 'MSET key8 1 key2290 2', 'SUNIONSTORE {foo}x foo', 'MSET ${clientid} 1 {${clientid}}:b 2',
    'EVAL "return 1" 2 {a} {a}b', 'SUNIONSTORE k:${topic} k:${topic}', 'MSET {}a 1', 'XREAD STREAMS {a}1 {a}2 0 0']
  const apart = ['MSET a:${clientid} 1 b:${clientid} 2', 'SUNIONSTORE a b', 'RENAME one two', 'EVAL "return 1" 2 a b', 'EVAL "return 1" 14 ${message}', 'MSET {}a 1 {}b 2', 'LMOVE {a}x {b}x LEFT LEFT',
    'DEL a:${clientid} a:${topic}', 'XREAD STREAMS a b 0 0', 'PFMERGE to from']

  it.each(together)('%s is taken, and no error', async (command) => {
    expect(await refusals(cluster, [command])).toEqual([undefined])
    expect(errorsOf([command], 'cluster')).toEqual([])
  })

  it.each(apart)('%s is refused, and an error', async (command) => {
    expect((await refusals(cluster, [command]))[0]).toContain('CROSSSLOT')
    expect(errorsOf([command], 'cluster').map(({ check }) => check)).toEqual(['cross-slot-command'])
    expect(errorsOf([command])).toEqual([])
  })
})

describe('of any command', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom('k', '*', '~', '0', '1', '2', '-1', '99999999999999', '1e9', 'Infinity', '0x7fffffff', 'NX', 'EX', 'MAXLEN', 'STREAMS', 'BLOCK', 'KEYS', 'BY', 'STORE', '""', '"a b"', '', '{a}', '{', '}',
      '${clientid}', '${topic}', '${payload}', '${message}', '${msgid}', '${nothing}', 'a:${clientid}:${topic}', '{${ts}}', '${message}${message}', '${env:X}'),
  )
  const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...COMMAND_NAMES) }, fc.constantFrom('constructor', '__proto__', 'HEST', '${topic}', '"GET"', 'toString'))
  const command = fc.tuple(name, fc.array(word, { maxLength: 8 })).map(([first, words]) => [first, ...words].join(' '))

  it('the checks never throw, on a single Redis and on a cluster', () => {
    fc.assert(fc.property(fc.array(command, { minLength: 1, maxLength: 4 }), fc.constantFrom('single', 'cluster'), (commands, type) => {
      expect(() => compile([ruleOf(commands, type)])).not.toThrow()
    }), { numRuns: 1_000 })
  })

  it('a command whose number of arguments is an error is one that a real Redis refuses', async () => {
    // Those that end the server, hold it, or change the connection of this test.
    const left = /^(?:SHUTDOWN|DEBUG|QUIT|RESET|HELLO|AUTH|SELECT|CLIENT|SUBSCRIBE|PSUBSCRIBE|SSUBSCRIBE|.*UNSUBSCRIBE|MONITOR|SYNC|PSYNC|REPLCONF|MULTI|EXEC|REPLICAOF|SLAVEOF|FAILOVER|CLUSTER|CONFIG|MODULE|ACL)\b/
    const names = COMMAND_NAMES.filter(known => !left.test(known))
    const plain = fc.tuple(fc.constantFrom(...names), fc.array(fc.constantFrom('k', '1', '0', '*', 'NX', '-1', 'v', '5-5'), { maxLength: 7 })).map(([first, words]) => [first, ...words].join(' '))
    let seen = 0
    await fc.assert(fc.asyncProperty(plain, async (text) => {
      const errors = errorsOf([text]).filter(({ check }) => ['wrong-arity', 'odd-pairs', 'eval-numkeys'].includes(check))
      if (errors.length === 0) return
      seen += 1
      expect((await refusals(single, [text]))[0]).toBeDefined()
    }), { numRuns: 1_500 })
    expect(seen).toBeGreaterThan(300)
  })
})
