/** The setting that two manuals print without its pool ("EMQ X 2.x Redis backend"): what it is to be, with `<pool>` for a name. */
export function misprintOf(words: readonly string[]): string | undefined {
  const written = words.join('.')
  return written === 'backend.redis.sentinel' || written === 'auth.redis.sentinel' ? 'backend.redis.<pool>.sentinel' : undefined
}
