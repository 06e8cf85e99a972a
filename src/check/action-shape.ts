import { ruleName, type Check } from './check.ts'

export const actionShape: Check = {
  name: 'action-shape',
  severity: 'error',
  doc: 'A rule does one thing: a function, or a list of commands.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["SET last ${payload}"]}, "pool": "pool1"}',
  *find({ rules }) {
    for (const rule of rules) {
      const { members, action } = rule
      if (!members.has('action')) {
        yield { span: rule.rule.key.span, message: `\`${ruleName(rule)}\` has no action`, hint: 'add "action": {"function": ..} or {"commands": [..]}' }
      }
      if (action === undefined) continue
      const given = new Map(action.members.map(({ name, value }) => [name.value, value]))
      const commands = given.get('commands')
      if (given.has('function') === given.has('commands')) {
        yield {
          span: action.span, message: given.has('function') ? 'an action is a function or commands, not both' : 'an action is a function or commands',
          hint: 'give exactly one of `function` and `commands`',
        }
      } else if (commands?.kind === 'array' && commands.items.length === 0) {
        yield { span: commands.span, message: 'the list of commands is empty', hint: 'write at least one command' }
      }
    }
  },
}
