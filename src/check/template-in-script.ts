import type { Check, Finding } from './check.ts'
import { commandText, fieldText } from './command-text.ts'
import { callsOf, type RedisCall } from './redis-call.ts'
import { valueOf, written, type Template } from './template.ts'

export const templateInScript: Check = {
  name: 'template-in-script',
  severity: 'error',
  doc: 'What is filled into a script is read as Lua: a client could write what Redis executes. What is passed as an argument is a value. A script that is another one each time is kept by Redis each time.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["EVAL \\"return redis.call(\'SET\', \'${topic}\', 1)\\" 0"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["EVAL \\"return redis.call(\'SET\', KEYS[1], 1)\\" 1 ${topic}"]}, "pool": "pool1"}',
  *find({ rules }) {
    for (const call of callsOf(rules)) {
      const script = scriptOf(call)
      const finding = script === undefined ? undefined : judge(script.template)
      if (script !== undefined && finding !== undefined) yield { span: script.field.span, ...finding }
    }
  },
}

function scriptOf({ name, title, args }: RedisCall) {
  if (name === 'eval' || name === 'eval_ro') return args[0]
  if (title === 'SCRIPT LOAD') return args[1]
  return title === 'FUNCTION LOAD' ? args.at(-1) : undefined
}

function judge(script: Template): Omit<Finding, 'span'> | undefined {
  const foreign = script.find(part => valueOf(part)?.free === true)
  if (foreign !== undefined) {
    return { message: `\`${written([foreign])}\` becomes part of the script: a client could write what Redis executes`, hint: hintFor(foreign) }
  }
  const changing = script.find(part => valueOf(part)?.everNew === true)
  if (changing === undefined) return undefined
  return {
    severity: 'warning', message: `\`${written([changing])}\` makes another script of it each time, and Redis keeps them all`, hint: hintFor(changing),
  }
}

function hintFor(part: Template[number]): string {
  const text = commandText(['EVAL', fieldText('..'), '0', written([part])]) ?? ''
  return `write ARGV[1] in the script, and pass it behind: \`${text.replace('EVAL ..', String.raw`EVAL \"..\"`)}\``
}
