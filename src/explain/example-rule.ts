import { HOOKS, type HookName } from '../language/hooks.ts'
import { PLACEHOLDER_VALUES } from '../language/placeholder-values.ts'

interface ExampleParts {
  readonly hook: HookName
  readonly action: { readonly function: string } | { readonly commands: readonly string[] }
  /** `expired_time` means something for it. */
  readonly expires?: boolean
}

/** A rule line as one could write it: all that is written for people about a hook or a function looks alike. */
export function exampleRule({ hook, action, expires = false }: ExampleParts): string {
  const [section = ''] = PLACEHOLDER_VALUES.topic.example.split('/')
  const members = [
    ...HOOKS[hook].hasTopic ? [`"topic": "${section}/#"`] : [],
    `"action": ${actionText(action)}`,
    ...expires ? ['"expired_time": 3600'] : [],
    '"pool": "pool1"',
  ]
  return `backend.redis.hook.${hook}.1 = {${members.join(', ')}}`
}

function actionText(action: ExampleParts['action']): string {
  return 'function' in action ? `{"function": "${action.function}"}` : `{"commands": [${action.commands.map(command => JSON.stringify(command)).join(', ')}]}`
}
