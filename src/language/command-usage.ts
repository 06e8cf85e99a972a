/** How a command is written in a rules file, its name left out (redis.io/commands); of those that a rule is likely to have. */
const USAGE: Readonly<Record<string, string>> = {
  append: 'key value',
  bitop: 'AND|OR|XOR|NOT target key ..',
  copy: 'source target',
  decr: 'key', decrby: 'key number',
  del: 'key ..', unlink: 'key ..', touch: 'key ..', exists: 'key ..',
  eval: String.raw`\"script\" numkeys key .. arg ..`, evalsha: 'sha1 numkeys key .. arg ..', fcall: 'function numkeys key .. arg ..',
  expire: 'key seconds', pexpire: 'key milliseconds', expireat: 'key unix-seconds', pexpireat: 'key unix-milliseconds',
  geoadd: 'key longitude latitude member',
  get: 'key', getdel: 'key', getex: 'key EX seconds', getset: 'key value',
  hdel: 'key field ..', hget: 'key field', hgetall: 'key', hmget: 'key field ..', hexists: 'key field',
  hexpire: 'key seconds FIELDS 1 field', hpexpire: 'key milliseconds FIELDS 1 field',
  hincrby: 'key field number', hincrbyfloat: 'key field number',
  hset: 'key field value', hmset: 'key field value', hsetnx: 'key field value', hsetex: 'key EX seconds FIELDS 1 field value',
  incr: 'key', incrby: 'key number', incrbyfloat: 'key number',
  linsert: 'key BEFORE|AFTER pivot value', lmove: 'source target LEFT|RIGHT LEFT|RIGHT',
  lpop: 'key', rpop: 'key', lpush: 'key value ..', rpush: 'key value ..', lpushx: 'key value ..', rpushx: 'key value ..',
  lrange: 'key start stop', lrem: 'key count value', lset: 'key index value', ltrim: 'key start stop',
  mget: 'key ..', mset: 'key value ..', msetnx: 'key value ..',
  persist: 'key', ttl: 'key', pttl: 'key', type: 'key',
  pfadd: 'key element ..', pfcount: 'key ..', pfmerge: 'target key ..',
  publish: 'channel message', spublish: 'channel message',
  rename: 'key new-key', renamenx: 'key new-key',
  rpoplpush: 'source target',
  sadd: 'key member ..', srem: 'key member ..', sismember: 'key member', smembers: 'key', smove: 'source target member', spop: 'key',
  sinterstore: 'target key ..', sunionstore: 'target key ..', sdiffstore: 'target key ..',
  set: 'key value', setnx: 'key value', setex: 'key seconds value', psetex: 'key milliseconds value',
  setbit: 'key offset 0|1', setrange: 'key offset value',
  xack: 'key group id ..', xadd: 'key * field value', xdel: 'key id ..', xtrim: 'key MAXLEN ~ count',
  'xgroup create': 'key group $', 'xgroup destroy': 'key group',
  zadd: 'key score member', zincrby: 'key number member', zrem: 'key member ..', zscore: 'key member', zrange: 'key start stop',
  zpopmin: 'key', zpopmax: 'key',
  zremrangebyrank: 'key start stop', zremrangebyscore: 'key min max', zremrangebylex: 'key min max',
  zunionstore: 'target numkeys key ..', zinterstore: 'target numkeys key ..', zdiffstore: 'target numkeys key ..',
}

/** How the command is written, as a whole; nothing if it is not in the table. The name is that of the command or subcommand, in capitals. */
export function usageOf(name: string): string | undefined {
  const usage = USAGE[name.toLowerCase()]
  return usage === undefined ? undefined : `${name} ${usage}`
}
