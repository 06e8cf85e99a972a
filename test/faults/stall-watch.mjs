// Loaded into a broker: its log then says when its thread did not come to what waited, and for how much
// of that it was at work itself: on a busy machine it mostly waits for a processor, alone or in a
// garbage collection for the threads that help it. On SIGUSR2 it says how much it holds after one.
import { openSync, readSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Milliseconds. */
const TURN_MS = 5
const WORTH_SAYING_MS = 10

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

/** Of the main thread: nanoseconds on a processor come first (docs.kernel.org/scheduler/sched-stats.html). */
const schedstat = openSync(`/proc/self/task/${process.pid}/schedstat`)
const bytes = Buffer.alloc(100)

/** Milliseconds in which it has been on a processor. */
function ran() {
  const length = readSync(schedstat, bytes, 0, bytes.length, 0)
  return Number(bytes.toString('latin1', 0, length).split(' ')[0]) / 1e6
}

function say(msg, fields) {
  process.stderr.write(`${JSON.stringify({ level: 'debug', msg, ...fields })}\n`)
}

let turn = performance.now()
let ranBefore = ran()

function next() {
  turn = performance.now()
  ranBefore = ran()
}

setInterval(() => {
  const ms = performance.now() - turn - TURN_MS
  if (ms > WORTH_SAYING_MS) say('stalled', { ms: Math.round(ms), ranMs: Math.round(ran() - ranBefore) })
  next()
}, TURN_MS).unref()

process.on('SIGUSR2', () => {
  collect()
  say('heap', { bytes: process.memoryUsage().heapUsed })
  next()
})
