import { redisCommand } from '../../language/redis-commands.ts'
import { ANY } from './function-commands.ts'
import { keysIn, SCRIPTING } from './grants.ts'
import type { Need, Needs } from './needs.ts'

/** What a rule may need beyond what can be read from it, or needs more than its owner may think; each as a clause. */
export function doubtsOf({ commands }: Needs): readonly string[] {
  return commands.flatMap(doubtOf)
}

function doubtOf({ sample: [name = '', ...args], users: [user] }: Need): readonly string[] {
  if (user?.command === undefined) return []
  const [rule, lower] = [`${user.hook}.${user.number}`, name.toLowerCase()]
  return [
    ...SCRIPTING.has(lower) ? [`the script of ${rule} may need more: keys that it does not declare, commands that it does not name in full`] : [],
    ...BY_NAME.has(lower) ? [`${name} of ${rule} runs a script that is not in the rules: what that does must be allowed too`] : [],
    ...redisCommand(lower) === undefined ? [`${name} of ${rule} is no command of Redis: its key is taken to be its first argument`] : [],
    ...keysIn(lower, args).some((key) => key.startsWith(ANY)) ? [`a key of ${name} in ${rule} begins with a placeholder: clients choose which keys of Redis it is`] : [],
  ]
}

/** Scripts and functions that somebody else has loaded. */
const BY_NAME: ReadonlySet<string> = new Set(['evalsha', 'evalsha_ro', 'fcall', 'fcall_ro'])
