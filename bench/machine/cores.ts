import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** The broker has a core for itself; Redis and the load share the other. */
export type Core = 'broker' | 'rest'

const NUMBERS: Readonly<Record<Core, number>> = { broker: 0, rest: 1 }

/** Processes can be kept to cores here. */
export const PINNED = availableParallelism() > 1 && spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0

/** A command that runs on this core, where that can be had. */
export function onCore(core: Core, [command, ...args]: readonly [string, ...string[]]): { readonly command: string, readonly args: readonly string[] } {
  if (!PINNED) return { command, args }
  return { command: 'taskset', args: ['--cpu-list', String(NUMBERS[core]), command, ...args] }
}
