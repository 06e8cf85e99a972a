import { actionNamed } from '../actions/index.ts'
import type { FunctionName } from '../actions/action.ts'
import { HOOKS } from '../language/hooks.ts'
import type { JsonMember, JsonObject, JsonString, Key, Rule } from '../syntax/ast.ts'

/** Functions before EMQ X 2.0 that have another name since: the one pair there was is the queue's (SPEC 1.2). */
export const RENAMED_FUNCTIONS: ReadonlyMap<string, FunctionName> = new Map([
  ['on_message_fetch', 'on_message_fetch_for_queue'],
  ['on_message_acked', 'on_message_acked_for_queue'],
])

/** Names that the action of such a rule may have, but for those that only came with EMQ X 2.0. */
export const OLD_FUNCTIONS: readonly string[] = [
  'on_client_connected', 'on_client_disconnected', 'on_subscribe_lookup', 'on_message_publish', ...RENAMED_FUNCTIONS.keys(),
  'on_message_retain', 'on_retain_delete', 'on_retain_lookup',
]

/** The key is `backend.redis.rule.<number>`, of rules before EMQ X 2.0. */
export function isOldRuleKey({ words }: Key): boolean {
  return words.length === 4 && words[0]?.text === 'backend' && words[1]?.text === 'redis' && words[2]?.text === 'rule'
}

/** The action of a rule before EMQ X 2.0: a text, the name of a function. */
export function oldAction({ value }: Rule): JsonString | undefined {
  const action = value.members.findLast(({ name }) => name.value === 'action')?.value
  return action?.kind === 'string' ? action : undefined
}

/**
 * A rule before EMQ X 2.0 as it is written since, each part at the place of what it was made from;
 * nothing if its function is not known.
 */
export function modernRule(old: Rule): Rule | undefined {
  const action = oldAction(old)
  const known = action === undefined ? undefined : actionNamed(RENAMED_FUNCTIONS.get(action.value) ?? action.value)
  const hook = known?.hooks[0]
  if (action === undefined || known === undefined || hook === undefined) return undefined
  const number = old.key.words.slice(3)
  const words = ['backend', 'redis', 'hook', ...hook.split('.')].map(text => ({ text, span: old.key.span }))
  const members = old.value.members.flatMap((member): readonly JsonMember[] => {
    switch (member.name.value) {
      case 'action': return [{ ...member, value: functionObject(action, known.name) }]
      // A hook without topic was given one all the same.
      case 'filter': return HOOKS[hook].hasTopic ? [{ ...member, name: { ...member.name, value: 'topic' } }] : []
      default: return [member]
    }
  })
  const ordered = [...members].sort((a, b) => rank(a) - rank(b))
  return { ...old, key: { words: [...words, ...number], span: old.key.span }, value: { ...old.value, members: ordered } }
}

/** Members as EMQ X's own files order them. */
function rank({ name }: JsonMember): number {
  const at = ['topic', 'action'].indexOf(name.value)
  return at === -1 ? 2 : at
}

function functionObject(action: JsonString, name: FunctionName): JsonObject {
  const text = (value: string): JsonString => ({ kind: 'string', value, starts: undefined, span: action.span })
  return { kind: 'object', members: [{ name: text('function'), value: text(name), span: action.span }], span: action.span }
}
