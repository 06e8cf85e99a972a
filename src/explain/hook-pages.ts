import { ACTIONS } from '../actions/index.ts'
import { placeholdersOf } from '../language/hook-name.ts'
import { HOOKS, HOOK_NAMES } from '../language/hooks.ts'
import { exampleRule } from './example-rule.ts'
import type { Page } from './page.ts'

export const HOOK_PAGES: readonly Page[] = HOOK_NAMES.map((hook) => {
  const { when, hasTopic, aliases, doc, example } = HOOKS[hook]
  return {
    kind: 'hook', name: hook, spellings: aliases,
    summary: when,
    facts: [
      ['topic', hasTopic ? 'yes: the filter of a rule is compared with it' : 'none: a rule runs for every client'],
      ['placeholders', placeholdersOf(hook).map(name => `\`\${${name}}\``).join(', ')],
      ['functions', ACTIONS.filter(({ hooks }) => hooks.includes(hook)).map(({ name }) => `\`${name}\``).join(', ') || 'none; commands only'],
      ...aliases.length > 0 ? [['also written', aliases.map(alias => `\`${alias}\``).join(', ')] as const] : [],
    ],
    doc,
    examples: [{ title: 'commands of your own', text: exampleRule({ hook, action: { commands: [example] } }) }],
  }
})
