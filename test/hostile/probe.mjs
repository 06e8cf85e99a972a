// Loaded into the broker under test (`node --expose-gc --import probe.mjs`): what its process takes, said
// to the file that HOSTILE_PROBE names, one JSON line each time. SIGUSR2 collects garbage first: what is left is alive.

import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const EVERY_MS = 100
const MIB = 1024 * 1024

const file = process.env['HOSTILE_PROBE']
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

function note(kind) {
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage()
  const mib = (bytes) => Math.round(bytes / MIB)
  // `external` holds the array buffers
  appendFileSync(file, `${JSON.stringify({
    kind, at: Date.now(), rss: mib(rss), heap: mib(heapUsed), heapTotal: mib(heapTotal), external: mib(external), buffers: mib(arrayBuffers),
    stallMs: Math.round(delay.max / 1e6),
  })}\n`)
  delay.reset()
}

if (file !== undefined) {
  setInterval(() => { note('sample') }, EVERY_MS).unref()
  process.on('SIGUSR2', () => {
    globalThis.gc?.()
    note('live')
  })
}
