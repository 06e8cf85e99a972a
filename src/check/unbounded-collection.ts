import { addedMembers, growth, keyTypeOf, mayShrink, type KeyType } from '../language/command-keys.ts'
import type { Check, Finding } from './check.ts'
import { fieldText, rewritten } from './command-text.ts'
import { itemAdded } from './edits.ts'
import { currentCalls, type Argument, type RedisCall } from './redis-call.ts'
import { fixedText, mayBe, valueOf, written, type Template } from './template.ts'
import { isRefused } from './unpaired.ts'

export const unboundedCollection: Check = {
  name: 'unbounded-collection',
  severity: 'warning',
  fix: 'offered',
  doc: 'What each message adds to and nothing takes from grows until Redis is full. Said once for a key, where no rule takes from it or lets it expire; an application that does is not seen.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["RPUSH pub:${topic} ${msgid}"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["RPUSH pub:${topic} ${msgid}", "LTRIM pub:${topic} -1000 -1"]}, "pool": "pool1"}',
  *find(symbols) {
    // What takes from it may be among what could not be read.
    if (symbols.broken.length + symbols.strays.length > 0 || symbols.isPartial) return
    const calls = currentCalls(symbols)
    const shrunk = new Set(calls.filter(call => mayShrink(call.name)).flatMap(call => call.keys.map(({ template }) => written(template))))
    const said = new Set<string>()
    for (const call of calls) {
      const [key] = call.keys
      if (key === undefined || isRefused(call) || !growsForEver(call, key)) continue
      const text = written(key.template)
      if (shrunk.has(text) || said.has(text)) continue
      said.add(text)
      const type = keyTypeOf(call.name) ?? 'string'
      yield {
        span: key.field.span,
        message: `this ${type} grows for ever: no rule takes from \`${text}\` or lets it expire`,
        ...cure(call, text, type),
      }
    }
  },
}

function growsForEver(call: RedisCall, key: Argument): boolean {
  const kind = growth(call.name)
  // A key that each message has of its own does not grow by others.
  if (kind === undefined || isEverNew(key.template)) return false
  if (call.name === 'xadd' && optionsOf(call).some(({ template }) => mayBe(template, ['MAXLEN', 'MINID']))) return false
  return kind === 'always' || addedMembers(call.name, call.args.length).some(index => isEverNew(call.args[index]?.template ?? []))
}

/** Of XADD, up to the id; behind that stand fields and values, whatever they say. */
function optionsOf({ args }: RedisCall): readonly Argument[] {
  const id = args.findIndex(({ template }) => fixedText(template) === '*')
  return args.slice(1, id === -1 ? undefined : id)
}

function isEverNew(template: Template): boolean {
  return template.some(part => valueOf(part)?.everNew === true)
}

function cure({ name, command }: RedisCall, text: string, type: KeyType): Pick<Finding, 'hint' | 'fix'> {
  const { fields: [first, key, ...rest] } = command
  if (name === 'xadd' && first !== undefined && key !== undefined) {
    const fix = rewritten(command, [first, key, 'MAXLEN', '~', '1000', ...rest], 'write `XADD key MAXLEN ~ 1000 ..`')
    return { hint: `${fix.title}; ${UNLESS}`, fix }
  }
  const typed = fieldText(text)
  const trim: Partial<Record<KeyType, string>> = {
    'list': name.startsWith('l') ? `LTRIM ${typed} 0 999` : `LTRIM ${typed} -1000 -1`,
    'sorted set': `ZREMRANGEBYRANK ${typed} 0 -1001`,
  }
  const commands = [trim[type], `EXPIRE ${typed} 86400`].flatMap(it => it ?? [])
  const written = commands.map(it => `\`${it}\``)
  return {
    hint: `add ${written.join(' or ')}; ${UNLESS}`,
    fix: { title: `add ${written[0] ?? ''}`, edits: commands.slice(0, 1).map(it => itemAdded(command.text, `"${it}"`)) },
  }
}

const UNLESS = 'ignore this where an application takes from it'
