// Loaded into the broker under test (`node --import probe.mjs`): what its process takes goes to
// the file that HOSTILE_PROBE names, one JSON line each time. SIGUSR2 collects garbage first: what is left is alive.

import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const EVERY_MS = 100
const MIB = 1024 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

const file = process.env['HOSTILE_PROBE']
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

function note(kind) {
  // `external` holds what `arrayBuffers` says
  const { rss, heapUsed, external } = process.memoryUsage()
  const sample = { kind, at: Date.now(), rssMiB: rss / MIB, liveMiB: (heapUsed + external) / MIB, stallMs: delay.max / 1e6 }
  appendFileSync(file, `${JSON.stringify(sample)}\n`)
  delay.reset()
}

setInterval(() => { note('sample') }, EVERY_MS).unref()
process.on('SIGUSR2', () => {
  collect()
  note('collected')
})
