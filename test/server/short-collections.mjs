// A process of whose objects many live for a while, and which says to how many MiB the room for new ones has
// grown: `node short-collections.mjs [short]`.
import { getHeapSpaceStatistics } from 'node:v8'
import { collectShortly } from '../../dist/server/short-collections.js'

/** Alive at any time. */
const ALIVE = 30_000
const ROUNDS = 400
const PER_ROUND = 4_000

const room = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size / 2 ** 20

const collections = process.argv[2] === 'short' ? collectShortly() : undefined
const ring = Array.from({ length: ALIVE }, () => ({}))
for (let round = 0; round < ROUNDS; round++) {
  for (let i = 0; i < PER_ROUND; i++) ring[(round * PER_ROUND + i) % ALIVE] = { round, i }
  await new Promise(resolve => { setTimeout(resolve, 10) })
}
const mebibytes = room()
collections?.close()
process.stdout.write(String(Math.round(mebibytes)))
