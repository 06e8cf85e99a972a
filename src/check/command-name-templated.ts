import type { Check } from './check.ts'

export const commandNameTemplated: Check = {
  name: 'command-name-templated',
  severity: 'error',
  doc: 'The name of a Redis command is fixed text: else a client would choose the command.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["${payload} k v"]}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["SET k ${payload}"]}, "pool": "pool1"}',
  *find({ rules }) {
    for (const { text, fields } of rules.flatMap(({ commands }) => commands)) {
      const [name] = fields
      if (name?.parts.some(({ kind }) => kind === 'placeholder') === true) {
        yield { span: name.span, message: 'the name of the command comes from a client, who would choose the command', hint: 'write a name, such as `SET`' }
      } else if (name === undefined || name.parts.length === 0) {
        yield { span: text.span, message: 'a command begins with its name', hint: 'write `NAME key ..`, no space before it' }
      }
    }
  },
}
