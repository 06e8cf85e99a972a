import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RecentLook } from '../engine/recent-events.ts'
import type { Program } from '../plan/program.ts'
import { LastWriteSearch } from '../simulate/last-write.ts'
import type { LastWriteAnswer } from './routes.ts'

/** Events looked at a time: some milliseconds. */
const SLICE = 100

/** When and by what a key was last written, as far as recent events tell. Messages go on meanwhile. */
export async function findLastWrite(key: string, program: Program, look: RecentLook): Promise<LastWriteAnswer> {
  const search = new LastWriteSearch(program, look, key)
  let write = search.take(SLICE)
  while (write === undefined) {
    await nextTurn()
    write = search.take(SLICE)
  }
  return { write, events: look.events.length, from: look.events[0]?.at ?? null }
}
