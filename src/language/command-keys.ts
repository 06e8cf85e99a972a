// What commands do with the value of a key, beyond what the library's table says (redis.io/commands).
// Names are in lower case.

export type KeyType = 'string' | 'list' | 'hash' | 'set' | 'sorted set' | 'stream'

/** Commands whose keys all have the type; HyperLogLogs, bits and numbers are strings. */
const BY_TYPE: Readonly<Record<KeyType, string>> = {
  'string': `append bitcount bitfield bitfield_ro bitop bitpos decr decrby get getbit getdel getex getrange getset incr incrby incrbyfloat lcs mget mset msetnx
    pfadd pfcount pfmerge psetex set setbit setex setnx setrange strlen substr`,
  'list': `blmove blmpop blpop brpop brpoplpush lindex linsert llen lmove lmpop lpop lpos lpush lpushx lrange lrem lset ltrim rpop rpoplpush rpush rpushx`,
  'hash': `hdel hexists hexpire hexpireat hexpiretime hget hgetall hgetdel hgetex hincrby hincrbyfloat hkeys hlen hmget hmset hpersist hpexpire hpexpireat
    hpexpiretime hpttl hrandfield hscan hset hsetex hsetnx hstrlen httl hvals`,
  'set': 'sadd scard sdiff sdiffstore sinter sintercard sinterstore sismember smembers smismember smove spop srandmember srem sscan sunion sunionstore',
  'sorted set': `bzmpop bzpopmax bzpopmin geoadd geodist geohash geopos geosearch geosearchstore zadd zcard zcount zincrby zlexcount zmpop zmscore zpopmax
    zpopmin zrandmember zrange zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore zrevrange zrevrangebylex
    zrevrangebyscore zrevrank zscan zscore`,
  'stream': 'xack xadd xautoclaim xclaim xdel xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim',
}

const typeByName: ReadonlyMap<string, KeyType> = new Map(
  (Object.keys(BY_TYPE) as KeyType[]).flatMap(type => words(BY_TYPE[type]).map(name => [name, type] as const)), // keys forgets the names
)

/** The type that the command's keys have; nothing if it takes every type, or not the same for all its keys. */
export function keyTypeOf(name: string): KeyType | undefined {
  return typeByName.get(name)
}

/** They put their value in the place of whatever is there. */
const OVERWRITES = new Set(words('set setex psetex mset bitop sdiffstore sinterstore sunionstore geosearchstore zrangestore'))

/** The command takes no notice of what its first key held. */
export function overwrites(name: string): boolean {
  return OVERWRITES.has(name)
}

/** They add to what the key holds: always, or if what they name is new. */
const GROWS: ReadonlyMap<string, 'always' | 'members'> = new Map([
  ...words('rpush lpush rpushx lpushx xadd append').map(name => [name, 'always'] as const),
  ...words('sadd zadd zincrby geoadd hset hmset hsetnx hincrby hincrbyfloat').map(name => [name, 'members'] as const),
])

/** How the command lets what its first key holds grow. */
export function growth(name: string): 'always' | 'members' | undefined {
  return GROWS.get(name)
}

/** Where the members or hash fields stand that the command adds, among its arguments: after the key, and a score or a place before each of some. */
export function addedMembers(name: string, count: number): readonly number[] {
  switch (name) {
    case 'sadd': return range(1, count, 1)
    case 'hset': case 'hmset': return range(1, count, 2)
    case 'hsetnx': case 'hincrby': case 'hincrbyfloat': return [1]
    case 'zincrby': return [2]
    // The options come first, so it is counted from the end.
    case 'zadd': return range(1, count, 1).filter(index => (count - 1 - index) % 2 === 0 && index > 1)
    case 'geoadd': return range(1, count, 1).filter(index => (count - 1 - index) % 3 === 0 && index > 2)
    default: return []
  }
}

/** They take away from what a key holds, all of it, or let it end. */
const SHRINKS = new Set(words(`ltrim lpop rpop lrem lmpop lmove rpoplpush spop srem smove zrem zremrangebyrank zremrangebyscore zremrangebylex zpopmin zpopmax zmpop
  hdel hgetdel hexpire hpexpire hexpireat hpexpireat xtrim xdel xdelex xackdel del delex delifeq unlink getdel getex rename restore expire pexpire expireat pexpireat
  set setex psetex getset mset sort copy sdiffstore sinterstore sunionstore zunionstore zinterstore zdiffstore zrangestore eval evalsha fcall`))

/** The command may make a key hold less; of a script that is not known, and it may. */
export function mayShrink(name: string): boolean {
  return SHRINKS.has(name)
}

function words(text: string): readonly string[] {
  return text.split(/\s+/)
}

function range(from: number, to: number, step: number): readonly number[] {
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step)
}
