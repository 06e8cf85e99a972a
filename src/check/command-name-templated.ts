import { hasDangerousSubcommand } from '../language/dangerous-commands.ts'
import { hasUnfitSubcommand } from '../language/unfit-commands.ts'
import type { Check } from './check.ts'
import { allCalls } from './redis-call.ts'
import { written } from './template.ts'

export const commandNameTemplated: Check = {
  name: 'command-name-templated',
  severity: 'error',
  doc: 'The name of a Redis command is fixed text: else a client would choose the command. So is the name of a subcommand where one of them could do harm.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["${payload} k v"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["SET k ${payload}"]}, "pool": "pool1"}',
  *find(symbols) {
    for (const { text, fields } of symbols.rules.flatMap(({ commands }) => commands)) {
      const [name] = fields
      if (name?.parts.some(({ kind }) => kind === 'placeholder') === true) {
        yield { span: name.span, message: 'the name of the command comes from a client, who would choose the command', hint: 'write a name, such as `SET`' }
      } else if (name === undefined || name.parts.length === 0) {
        yield { span: text.span, message: 'a command begins with its name', hint: 'write `NAME key ..`, no space before it' }
      }
    }
    for (const { name, title, known, args: [first], texts: [text] } of allCalls(symbols)) {
      if (known?.subcommands === undefined || first === undefined || text !== undefined) continue
      if (!hasDangerousSubcommand(name) && !hasUnfitSubcommand(name)) continue
      yield { span: first.field.span, message: `\`${title}\` does what \`${written(first.template)}\` says, and a client would choose it`, hint: 'write the name of the subcommand' }
    }
  },
}
