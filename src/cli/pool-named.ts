import type { PoolSpec, Program } from '../plan/program.ts'

/** The pool of that name; where there is none says so, sets exit code 2, and answers undefined. */
export function poolNamed({ pools }: Program, name: string): PoolSpec | undefined {
  const spec = pools.get(name)
  if (spec !== undefined) return spec
  process.stderr.write(`hookline: the rules have no pool ${name}; they have ${[...pools.keys()].join(', ') || 'none'}\n`)
  process.exitCode = 2
  return undefined
}
