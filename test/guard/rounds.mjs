// Stores many messages through a pool of what is built, a round after the other, and ends: `node --trace-gc
// rounds.mjs PORT ROUNDS`. What V8 says of its collections tells whether a round outlives its answers.
import { openPool } from '../../dist/store/open-pool.js'

const [port, rounds] = process.argv.slice(2).map(Number)
const MESSAGES = 200
const log = { debug() {}, info() {}, warn() {}, error() {} }
const spec = {
  name: 'pool1', type: 'single', server: [{ host: '127.0.0.1', port }], poolSize: 8, database: 0, channel: 'mqtt_channel', onFailure: 'hold', waitReplicas: 0,
  at: { file: 'rounds.conf', line: 1 },
}
const pool = openPool({ spec, boot: 'rounds', log })
await pool.whenReady(10_000)
let id = 0
for (let round = 0; round < rounds; round++) {
  const done = []
  for (let i = 0; i < MESSAGES; i++) {
    const record = { id: `id${++id}`, from: 'c', qos: 1, topic: 'a', payload: Buffer.alloc(100, 'x'), ts: 1, retain: false }
    done.push(new Promise(resolve => {
      pool.submit({ order: log, effects: [{ kind: 'store', record, expirySeconds: 60 }], hold: true, bytes: 600, cancelled: false, done: resolve })
    }))
  }
  await Promise.all(done)
}
process.exit(0)
