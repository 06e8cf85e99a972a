import { ACTIONS } from '../actions/index.ts'
import { nearest } from '../diagnostic/did-you-mean.ts'
import type { Check } from './check.ts'
import { choice } from './choice.ts'
import { textEdit } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'

export const unknownFunction: Check = {
  name: 'unknown-function',
  severity: 'error',
  fix: 'offered',
  doc: 'The functions are those of the EMQ X Redis backend.',
  bad: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publsh"}, "pool": "pool1"}',
  good: 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1"}',
  find: symbols => inEachRule(symbols, function* ({ hook, known, functionName }) {
    if (functionName === undefined || known !== undefined) return
    const near = nearest(functionName.value, ACTIONS.map(({ name }) => name))
    const fitting = ACTIONS.filter(({ hooks }) => hook !== undefined && hooks.includes(hook)).map(({ name }) => name)
    const names = near.length > 0 ? near : fitting
    yield { span: functionName.span, message: `no function \`${functionName.value}\``, ...choice(names, name => textEdit(functionName, name), 'use') }
  }),
}
