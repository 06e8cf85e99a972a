import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { cpuMicroseconds } from './process-usage.ts'

/** Of the clock that /proc counts in. Microseconds. */
const TICK_US = 10_000

/**
 * Says how much CPU other processes take beside the ones named, as a share of one core: 0.5 is half
 * a core. What the hypervisor took away counts as theirs; interrupts do not, our own packets cause most of them.
 */
export function watchOthers(ours: readonly number[]): () => number {
  const before = { at: performance.now(), all: busyMicroseconds(), ours: sum(ours) }
  return () => {
    const passedUs = (performance.now() - before.at) * 1_000
    return Math.max(0, busyMicroseconds() - before.all - (sum(ours) - before.ours)) / passedUs
  }
}

/** user, nice, system and steal of all cores, since the machine started. */
function busyMicroseconds(): number {
  const [, user, nice, system, , , , , steal] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/) ?? []
  return (Number(user) + Number(nice) + Number(system) + Number(steal)) * TICK_US
}

function sum(pids: readonly number[]): number {
  return [process.pid, ...pids].reduce((total, pid) => total + cpuMicroseconds(pid), 0)
}
