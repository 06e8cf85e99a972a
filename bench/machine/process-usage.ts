import { readFileSync, writeFileSync } from 'node:fs'

/** Of the clock that /proc counts in. USER_HZ is 100 on every Linux that Node runs on. Microseconds. */
const TICK_US = 10_000

/** CPU time that a process has used since it began, all threads, without its children. Microseconds. */
export function cpuMicroseconds(pid: number): number {
  const [utime, stime] = fieldsAfterName(pid).slice(11, 13)
  return (Number(utime) + Number(stime)) * TICK_US
}

/** The most memory that a process has had so far. MiB. */
export function peakMebibytes(pid: number): number {
  return kibibytes(pid, 'VmHWM') / 1_024
}

/** Lets the peak begin anew, from what the process has now (proc(5), clear_refs). */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** The memory that a process has now. MiB. */
export function residentMebibytes(pid: number): number {
  return kibibytes(pid, 'VmRSS') / 1_024
}

function kibibytes(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
}

/** Fields of /proc/<pid>/stat from the third on; the second, the name in brackets, may hold blanks. */
function fieldsAfterName(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
