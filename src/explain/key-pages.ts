import { ACTIONS } from '../actions/index.ts'
import { KEY_TABLE, type KeyRow } from '../actions/key-table.ts'
import type { Page } from './page.ts'

const LAYOUTS: Readonly<Record<KeyRow['layout'], string>> = {
  'EMQ X': "EMQ X's",
  'hookline': 'hookline adds it',
  'cluster': 'hookline adds it on a cluster',
}

export const KEY_PAGES: readonly Page[] = KEY_TABLE.map(({ pattern, type, holds, stays, layout }) => {
  const functions = ACTIONS.filter(({ keys }) => keys.includes(pattern))
  return {
    kind: 'Redis key', name: pattern, spellings: [],
    summary: holds,
    facts: [
      ['type', type],
      ['stays', stays],
      ['layout', LAYOUTS[layout]],
      ['functions', functions.map(({ name }) => `\`${name}\``).join(', ') || 'the books of hookline'],
    ],
    doc: '',
    examples: [],
  }
})
