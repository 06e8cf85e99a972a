import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACTIONS } from '../../src/actions/index.ts'
import { KEY_TYPES } from '../../src/actions/key-table.ts'
import { addedMembers, growth, keyTypeOf, mayShrink, overwrites } from '../../src/language/command-keys.ts'
import { usageOf } from '../../src/language/command-usage.ts'
import { danger } from '../../src/language/dangerous-commands.ts'
import { hashSlot } from '../../src/language/hash-slot.ts'
import { isPrivateHost } from '../../src/language/private-address.ts'
import { COMMAND_NAMES, keyIndexes, redisCommand, resolvedCommand, type RedisCommand } from '../../src/language/redis-commands.ts'
import { unfitness } from '../../src/language/unfit-commands.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'

let redis: RedisServer
let rows: readonly Row[]

/** What a real Redis says of a command: name, arity, flags, and its subcommands at the end. */
type Row = [name: string, arity: number, flags: string[], ...unknown[], subcommands: Row[]]

beforeAll(async () => {
  redis = await startRedis('--cluster-enabled', 'yes')
  rows = await redis.client.call('COMMAND') as Row[] // ioredis leaves the answer open
})
afterAll(() => redis.stop())

/** The numbers of fields, up to twelve, that an arity allows. */
function counts(arity: number): readonly number[] {
  return Array.from({ length: 12 }, (_, i) => i + 1).filter(count => arity < 0 ? count >= -arity : count === arity)
}

function* pairs(): Iterable<readonly [string, number, RedisCommand | undefined]> {
  for (const [name, arity, , ...rest] of rows) {
    yield [name, arity, redisCommand(name)]
    for (const [full, sub] of rest[6] as Row[]) { // the tenth field
      yield [full, sub, redisCommand(name)?.subcommands?.get(full.split('|')[1] ?? '')]
    }
  }
}

describe('the table of commands', () => {
  it('has every command of a real Redis, and is nowhere stricter about the number of arguments', () => {
    const seen = [...pairs()]
    expect(seen.length).toBeGreaterThan(300)
    for (const [name, arity, known] of seen) {
      expect(known, name).toBeDefined()
      expect(counts(known?.arity ?? 0), name).toEqual(expect.arrayContaining([...counts(arity)]))
    }
  })

  it('says where the keys are as a real Redis does', async () => {
    const commands = [
      'set k v', 'mset a 1 b 2', 'del a b c', 'eval return 2 a b c', 'eval return 0 a', 'zunionstore to 2 a b weights 1 2', 'xadd s * f v', 'xgroup create s g $',
      'xreadgroup group g c streams a b > >', 'bitop and to a b', 'lmove a b left right', 'sunionstore to a b', 'object encoding k', 'rename a b',
      'zadd z 1 a', 'publish news x', 'lmpop 2 a b left', 'geosearchstore to from frommember a bybox 1 1 m', 'sort k store to',
    ]
    for (const command of commands) {
      const [name = '', ...args] = command.split(' ')
      const answer = await redis.client.call('COMMAND', 'GETKEYS', ...command.split(' ')).catch(() => []) as string[]
      expect(keyIndexes(name, args).map(index => args[index]), command).toEqual(answer)
    }
  })

  it('knows no command that it does not have, and counts no keys for ever', () => {
    for (const name of ['constructor', '__proto__', 'toString', '']) {
      expect(redisCommand(name)).toBeUndefined()
      expect(keyIndexes(name, ['a'])).toEqual([])
    }
    expect(keyIndexes('eval', ['s', '99999999999999', 'a'])).toEqual([2])
    expect(keyIndexes('msetex', ['Infinity', 'a'])).toEqual([1])
  })
})

describe('the tables of our own', () => {
  const names = COMMAND_NAMES.map(name => name.toLowerCase())

  it('call each command that waits, by the word of a real Redis, one that waits', () => {
    const waiting = rows.filter(([, , flags]) => flags.includes('blocking')).map(([name]) => name)
    expect(waiting).toContain('blpop')
    for (const name of waiting) expect(unfitness(name, name === 'xread' ? ['BLOCK', '0'] : ['GROUP', 'g', 'c', 'BLOCK', '0'])?.kind, name).toBe('blocks')
  })

  it('let no administration pass that a real Redis calls so, but for what only asks', () => {
    const admin = rows.filter(([, , flags]) => flags.includes('admin')).map(([name]) => name)
    expect(admin).toContain('shutdown')
    // What is for tests of Redis itself does no harm beyond its time.
    const harmless = ['pfdebug', 'pfselftest']
    expect(admin.filter(name => danger(name, []) === undefined && unfitness(name, []) === undefined).sort()).toEqual(harmless)
  })

  it('give a command the type of key that a real Redis has it for', () => {
    // By its categories; those that take every type, or more than one, have none here.
    const categories = { '@string': 'string', '@bitmap': 'string', '@hyperloglog': 'string', '@list': 'list', '@hash': 'hash', '@set': 'set', '@sortedset': 'sorted set', '@geo': 'sorted set', '@stream': 'stream' }
    const mixed = ['sort', 'sort_ro', 'zunionstore', 'zinterstore', 'zdiffstore', 'zunion', 'zinter', 'zdiff', 'zintercard', 'xgroup', 'xinfo', 'georadius', 'georadiusbymember',
      'georadius_ro', 'georadiusbymember_ro', 'pfdebug', 'pfselftest']
    let typed = 0
    for (const [name, , , , , , acl] of rows) {
      const types = Object.entries(categories).filter(([category]) => (acl as string[]).includes(category)).map(([, type]) => type)
      if (mixed.includes(name)) continue
      typed += types.length > 0 ? 1 : 0
      expect(types.length === 0 ? [undefined] : types, name).toContain(keyTypeOf(name))
    }
    expect(typed).toBeGreaterThan(100)
  })

  it('let nothing grow or shrink that only reads', () => {
    const changing = names.filter(name => growth(name) !== undefined || mayShrink(name) || overwrites(name))
    expect(changing.length).toBeGreaterThan(50)
    expect(changing.filter(name => redisCommand(name)?.readOnly === true)).toEqual([])
  })

  it('show the use of a command with as many arguments as it takes', () => {
    let shown = 0
    for (const name of ['xgroup create', 'xgroup destroy', ...names]) {
      const [command = '', ...sub] = name.split(' ')
      const known = resolvedCommand(command, sub)
      const usage = known === undefined ? undefined : usageOf(known.name)
      if (usage === undefined || known === undefined) continue
      shown += 1
      expect(counts(known.arity), usage).toContain(usage.split(' ').filter(word => word !== '..').length)
    }
    expect(shown).toBeGreaterThan(90)
  })

  it('find the members that a command adds', () => {
    const added = (command: string) => {
      const [name = '', ...args] = command.split(' ')
      return addedMembers(name, args.length).map(index => args[index])
    }
    expect(['sadd k a b', 'hset k a 1 b 2', 'zadd k 1 a', 'zadd k NX CH 1 a 2 b', 'geoadd k XX 1 2 a', 'zincrby k 1 a', 'hsetnx k a 1'].map(added))
      .toEqual([['a', 'b'], ['a', 'b'], ['a'], ['CH', 'a', 'b'], ['a'], ['a'], ['a']])
  })

  it('have a type for each key of a function', () => {
    expect(ACTIONS.flatMap(({ keys }) => keys).filter(key => !KEY_TYPES.has(key))).toEqual([])
  })
})

it('the slot of any key is the one that a real Redis gives it', async () => {
  const key = fc.oneof(fc.string({ unit: 'grapheme' }), fc.array(fc.constantFrom('{', '}', 'a', 'é', '温'), { maxLength: 8 }).map(parts => parts.join('')))
  await fc.assert(fc.asyncProperty(key, async (text) => {
    expect(hashSlot(text)).toBe(await redis.client.cluster('KEYSLOT', text))
  }), { numRuns: 300 })
})

it('an address is taken for a private one by its number, or by its name', () => {
  const own = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.0.1', '169.254.1.1', '100.64.0.1', '::1', 'fd12::1', 'fe80::1', 'redis', 'localhost', 'a.local', 'redis.ns.svc.cluster.local', 'x.home.arpa']
  const others = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:db8::1', 'redis.example.com', 'local.example.com', 'notlocal.com']
  expect([...own, ...others].filter(isPrivateHost)).toEqual(own)
})
