import type { ServerFacts } from './facts.ts'

/** How far what a server has confirmed is on its disk ("Redis persistence", redis.io). */
export type Disk = 'always' | 'not-while-rewriting' | 'every-second' | 'when-the-system-likes' | 'snapshots' | 'nothing' | 'unknown'

export function diskOf({ appendOnly, fsync, fsyncDuringRewrite, snapshots }: ServerFacts): Disk {
  if (appendOnly === undefined) return 'unknown'
  if (!appendOnly) return snapshots === undefined ? 'unknown' : snapshots === '' ? 'nothing' : 'snapshots'
  switch (fsync) {
    case undefined: return 'unknown'
    case 'always': return fsyncDuringRewrite === false ? 'not-while-rewriting' : 'always'
    case 'everysec': return 'every-second'
    case 'no': return 'when-the-system-likes'
    default: return fsync satisfies never
  }
}
