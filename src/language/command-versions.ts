/** The version of Redis that brought a command, of those that came after 6.2, the oldest that hookline runs on (redis.io/commands). */
const SINCE: ReadonlyMap<string, string> = new Map([
  ...since('7.0', 'blmpop bzmpop eval_ro evalsha_ro expiretime fcall fcall_ro function lcs lmpop pexpiretime sintercard sort_ro spublish ssubscribe sunsubscribe zintercard zmpop'),
  ...since('7.2', 'waitaof'),
  ...since('7.4', 'hexpire hexpireat hexpiretime hpersist hpexpire hpexpireat hpexpiretime hpttl httl'),
  ...since('8.0', 'hgetdel hgetex hsetex'),
  ...since('8.2', 'xackdel xdelex'),
])

/** Undefined of a command that 6.2 has, or that is not in the table. */
export function redisVersionOf(name: string): string | undefined {
  return SINCE.get(name.toLowerCase())
}

function since(version: string, names: string): readonly (readonly [name: string, version: string])[] {
  return names.split(' ').map(name => [name, version])
}
