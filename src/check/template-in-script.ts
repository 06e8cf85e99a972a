import type { Check, Finding } from './check.ts'
import { commandText, fieldText, rewritten } from './command-text.ts'
import { withoutTemplates } from './lua-literals.ts'
import { allCalls, type RedisCall } from './redis-call.ts'
import { valueOf, written, type Template } from './template.ts'

export const templateInScript: Check = {
  name: 'template-in-script',
  severity: 'error',
  fix: 'offered',
  doc: 'What is filled into a script is read as Lua: a client could write what Redis executes. What is passed as an argument is a value. A script that is another one each time is kept by Redis each time.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["EVAL \\"return redis.call(\'SET\', \'${topic}\', 1)\\" 0"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["EVAL \\"return redis.call(\'SET\', KEYS[1], 1)\\" 1 ${topic}"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const call of allCalls(symbols)) {
      const script = scriptOf(call)
      const finding = script === undefined ? undefined : judge(script.template)
      if (script === undefined || finding === undefined) continue
      const fix = passed(call)
      const { hint, ...said } = finding
      yield { span: script.field.span, ...said, ...fix === undefined ? { hint } : { fix } }
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

/** What is filled in stands in literals of the script: they are passed as they are, as keys where Redis is called with them so. */
function passed({ name, counted, args, texts, command }: RedisCall): Finding['fix'] {
  const [script, numkeys] = args
  const keyCount = Number(texts[1] ?? NaN)
  if (!name.startsWith('eval') || script === undefined || numkeys === undefined || !counted || args.length !== command.fields.length - 1) return undefined
  if (!Number.isInteger(keyCount) || keyCount < 0 || keyCount > args.length - 2) return undefined
  const found = withoutTemplates(written(script.template), { keys: keyCount, args: args.length - 2 - keyCount })
  if (found === undefined) return undefined
  const [first, , , ...rest] = command.fields
  if (first === undefined) return undefined
  const fields = [
    first, fieldText(found.script), String(keyCount + found.keys.length),
    ...rest.slice(0, keyCount), ...found.keys.map(fieldText), ...rest.slice(keyCount), ...found.args.map(fieldText),
  ]
  return rewritten(command, fields, 'pass it behind the script, which then finds it in KEYS or ARGV')
}

function hintFor(part: Template[number]): string {
  const text = commandText(['EVAL', fieldText('..'), '0', written([part])]) ?? ''
  return `write ARGV[1] in the script, and pass it behind: \`${text.replace('EVAL ..', String.raw`EVAL \"..\"`)}\``
}
