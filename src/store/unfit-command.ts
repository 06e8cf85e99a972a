import { unfitness, type Unfit } from '../language/unfit-commands.ts'

const REASONS: Readonly<Record<Unfit['kind'], string>> = {
  blocks: 'waits, and every other rule of the pool with it',
  state: 'changes the state of the connection that all rules of the pool share',
}

/** Why a rule's command, by its lower-case name, cannot be sent, as a clause; undefined if it can. The checks say so too, of what does not come from a client. */
export function unfitCommand(name: string, args: readonly (string | Buffer)[]): string | undefined {
  // Subcommands and options stand in front; a payload of a megabyte is not turned into a text for them.
  const unfit = unfitness(name, args.slice(0, 16).map(arg => typeof arg === 'string' ? arg : arg.length > 64 ? undefined : arg.toString()))
  return unfit === undefined ? undefined : `${name} ${REASONS[unfit.kind]}`
}
