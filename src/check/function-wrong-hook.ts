import { ACTIONS } from '../actions/index.ts'
import { oneOfThese } from '../diagnostic/did-you-mean.ts'
import type { Check } from './check.ts'
import { choice } from './choice.ts'
import { textEdit } from './edits.ts'
import { inEachRule } from './rule-kinds.ts'

export const functionWrongHook: Check = {
  name: 'function-wrong-hook',
  severity: 'error',
  fix: 'offered',
  doc: 'A function needs what its hook knows: there is no message to store when a client connects.',
  bad: 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_message_publish"}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}',
  find: symbols => inEachRule(symbols, function* ({ hook, known, functionName }) {
    if (hook === undefined || known === undefined || functionName === undefined || known.hooks.includes(hook)) return
    const fitting = ACTIONS.filter(({ hooks }) => hooks.includes(hook)).map(({ name }) => name)
    yield {
      span: functionName.span, message: `\`${known.name}\` belongs to ${oneOfThese(known.hooks)}, not to \`${hook}\``,
      ...choice(fitting, name => textEdit(functionName, name), 'use') ?? { hint: 'use `commands`: no function belongs to this hook' },
    }
  }),
}
