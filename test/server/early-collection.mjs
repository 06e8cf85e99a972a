// A process that makes garbage which has lived for a while, and says how many MiB of it were there at most:
// `node early-collection.mjs [early]`.
import { getHeapStatistics } from 'node:v8'
import { collectEarly } from '../../dist/server/early-collection.js'

const MIB = 2 ** 20
/** Objects alive at any time, some 40 MiB: V8 alone lets such a heap grow far beyond. */
const ALIVE = 400_000
const ROUNDS = 200
const PER_ROUND = 30_000

const used = () => getHeapStatistics().used_heap_size / MIB

const collection = process.argv[2] === 'early' ? collectEarly() : undefined
const ring = Array.from({ length: ALIVE }, () => ({}))
const before = used()
let most = 0
for (let round = 0; round < ROUNDS; round++) {
  // old when it is thrown away: a scavenge does not find it
  for (let i = 0; i < PER_ROUND; i++) ring[(round * PER_ROUND + i) % ALIVE] = { round, i, text: `${round}/${i}` }
  most = Math.max(most, used())
  await new Promise(resolve => { setTimeout(resolve, 5) })
}
collection?.close()
process.stdout.write(String(Math.round(most - before)))
