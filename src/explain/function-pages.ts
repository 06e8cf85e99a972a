import { ACTIONS } from '../actions/index.ts'
import type { Action } from '../actions/action.ts'
import { FLOWS } from '../check/flows.ts'
import { RENAMED_FUNCTIONS } from '../check/old-rule.ts'
import { exampleRule } from './example-rule.ts'
import type { Page } from './page.ts'

export const FUNCTION_PAGES: readonly Page[] = ACTIONS.map((action) => {
  const { name, hooks, summary, doc, qos, keys, expires } = action
  const older = [...RENAMED_FUNCTIONS].flatMap(([old, today]) => today === name ? [old] : [])
  const partners = partnersOf(action)
  return {
    kind: 'function', name, spellings: older,
    summary,
    facts: [
      [hooks.length === 1 ? 'hook' : 'hooks', hooks.map(hook => `\`${hook}\``).join(', ')],
      ...qos === undefined ? [] : [['takes', qos] as const],
      ['keys', keys.map(key => `\`${key}\``).join(', ')],
      ['expiry', expires ? '`expired_time`' : 'none; it stores nothing that expires'],
      ...partners.length > 0 ? [['goes with', partners.map(partner => `\`${partner}\``).join(', ')] as const] : [],
      ...older.length > 0 ? [['before EMQ X 2.0', older.map(old => `\`${old}\``).join(', ')] as const] : [],
    ],
    doc,
    examples: hooks.slice(0, 1).map(hook => ({ title: 'example', text: exampleRule({ hook, action: { function: name }, expires }) })),
  }
})

/** The functions without which it is of little use. */
function partnersOf({ name }: Action): readonly string[] {
  const flows = FLOWS.filter(({ store, fetch, ack }) => [store, fetch, ack].includes(name))
  return [...new Set(flows.flatMap(({ store, fetch, ack }) => [store, fetch, ...ack === undefined ? [] : [ack]]))].filter(other => other !== name)
}
