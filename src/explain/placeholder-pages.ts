import { PLACEHOLDER_NAMES, isPlaceholder, placeholdersOf } from '../language/hook-name.ts'
import { EVERYWHERE, HOOK_NAMES } from '../language/hooks.ts'
import { PLACEHOLDER_VALUES } from '../language/placeholder-values.ts'
import type { Page } from './page.ts'

export const PLACEHOLDER_PAGES: readonly Page[] = PLACEHOLDER_NAMES.filter(isPlaceholder).map((name) => {
  const { summary, example, free } = PLACEHOLDER_VALUES[name]
  const hooks = HOOK_NAMES.filter(hook => placeholdersOf(hook).includes(name))
  return {
    kind: 'placeholder', name: `\${${name}}`, spellings: [name],
    summary,
    facts: [
      ['hooks', EVERYWHERE.includes(name) ? 'all' : hooks.map(hook => `\`${hook}\``).join(', ')],
      ['chosen by', free ? 'a client: any text' : 'hookline'],
      ['such as', `\`${example}\``],
    ],
    doc: '',
    examples: [],
  }
})
