/** What a command does, to follow its name (redis.io/commands); of those that a rule is likely to have. Names are in lower case. */
const SUMMARIES: Readonly<Record<string, string>> = {
  append: 'adds a text to the end of the one at the key',
  copy: 'copies one key to another',
  decr: 'counts down by one', decrby: 'counts down by a number', incr: 'counts up by one', incrby: 'counts up by a number', incrbyfloat: 'counts up by a number',
  del: 'deletes the key', unlink: 'deletes the key',
  expire: 'lets the key expire', pexpire: 'lets the key expire', expireat: 'lets the key expire at a time', pexpireat: 'lets the key expire at a time', persist: 'lets the key stay for ever',
  eval: 'runs a script', evalsha: 'runs a script that Redis knows', fcall: 'runs a function that Redis knows',
  geoadd: 'puts a member at a place on the map',
  getset: 'puts a text in the place of what is there', set: 'puts a text in the place of what is there', setnx: 'puts a text there if nothing is',
  setex: 'puts a text there, for a time', psetex: 'puts a text there, for a time', setrange: 'writes over a part of the text', setbit: 'sets a bit of the text',
  mset: 'puts texts at several keys', msetnx: 'puts texts at several keys if nothing is at any of them',
  hset: 'sets fields of the hash', hmset: 'sets fields of the hash', hsetnx: 'sets a field of the hash that is not there yet', hsetex: 'sets fields of the hash, for a time',
  hdel: 'deletes fields of the hash', hincrby: 'counts a field of the hash up by a number', hincrbyfloat: 'counts a field of the hash up by a number', hexpire: 'lets fields of the hash expire',
  lpush: 'puts values at the head of the list', rpush: 'puts values at the end of the list',
  lpushx: 'puts values at the head of the list if there is one', rpushx: 'puts values at the end of the list if there is one',
  lpop: 'takes the first value off the list', rpop: 'takes the last value off the list', lrem: 'takes values out of the list', ltrim: 'keeps a part of the list', lset: 'replaces a value of the list',
  lmove: 'moves a value from one list to another', rpoplpush: 'moves a value from one list to another',
  pfadd: 'counts an element that it has not seen yet',
  publish: 'tells those who listen to a channel', spublish: 'tells those who listen to a channel of the slot',
  rename: 'gives the key another name',
  sadd: 'adds members to the set', srem: 'takes members out of the set', spop: 'takes any member out of the set', smove: 'moves a member from one set to another',
  xadd: 'adds an entry to the stream', xdel: 'takes entries out of the stream', xtrim: 'keeps the newest entries of the stream', xack: 'acknowledges entries of the stream',
  zadd: 'gives members of the sorted set a score', zincrby: 'raises the score of a member of the sorted set', zrem: 'takes members out of the sorted set',
  zremrangebyrank: 'takes a part out of the sorted set', zremrangebyscore: 'takes a part out of the sorted set',
}

/** What the command does; nothing if it is not in the table. The name is in lower case. */
export function summaryOf(name: string): string | undefined {
  return Object.hasOwn(SUMMARIES, name) ? SUMMARIES[name] : undefined
}
