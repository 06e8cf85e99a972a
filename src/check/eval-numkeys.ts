import { argumentCount, wrongCount } from './argument-count.ts'
import type { Check } from './check.ts'
import { commandText } from './command-text.ts'
import { allCalls, type RedisCall } from './redis-call.ts'

/** Where the number of keys stands among the arguments (redis.io/commands). */
const PLACES: Readonly<Partial<Record<string, number>>> = {
  eval: 1, eval_ro: 1, evalsha: 1, evalsha_ro: 1, fcall: 1, fcall_ro: 1,
  zunionstore: 1, zinterstore: 1, zdiffstore: 1, zunion: 0, zinter: 0, zdiff: 0, sintercard: 0, zintercard: 0, lmpop: 0, zmpop: 0,
}

export const evalNumkeys: Check = {
  name: 'eval-numkeys',
  severity: 'error',
  doc: 'A script is told how many of the arguments that follow are keys, and Redis refuses a number that is larger than they are many. The same goes for other commands that are told so.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["EVAL \\"return 1\\" 2 ${topic}"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["EVAL \\"return 1\\" 1 ${topic}"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
      const place = Object.hasOwn(PLACES, call.name) ? PLACES[call.name] : undefined
      if (place === undefined || !call.counted || wrongCount(call) !== undefined) continue
      const [argument, text] = [call.args[place], call.texts[place]]
      if (argument === undefined || text === undefined) continue
      const following = call.args.length - place - 1
      const message = problem(text, following)
      if (message !== undefined) yield { span: argument.field.span, message, hint: hintFor(call, place, following) }
    }
  },
}

function problem(text: string, following: number): string | undefined {
  if (!/^-?\d+$/.test(text)) return `here stands the number of keys, and \`${text}\` is no number`
  const count = Number(text)
  if (count < 0) return `the number of keys is ${text}, and cannot be less than 0`
  if (count <= following) return undefined
  return `the number of keys is ${text}, and ${following === 0 ? 'nothing' : argumentCount(following)} follow${following > 1 ? '' : 's'}`
}

function hintFor({ name, texts, args, command: { fields } }: RedisCall, place: number, following: number): string {
  // Of a script it is not known how many are meant, and all of them can be keys.
  if (!/^(?:eval|fcall)/.test(name)) return 'write how many keys follow'
  const isNumber = /^-?\d+$/.test(texts[place] ?? '')
  const field = args[place]?.field
  const text = commandText(fields.flatMap(other => other !== field ? [other] : isNumber ? [String(following)] : [String(following + 1), other]))
  return text === undefined ? 'write how many keys follow; 0 if all that follows are arguments' : `write \`${text}\``
}
