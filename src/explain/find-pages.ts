import { KEY_TABLE } from '../actions/key-table.ts'
import { nearest } from '../diagnostic/did-you-mean.ts'
import { isForeign } from '../language/foreign-settings.ts'
import { hookNamed } from '../language/hook-name.ts'
import { settingNamed } from '../language/setting-table.ts'
import { PAGES } from './pages.ts'
import type { Page } from './page.ts'

/** The pages that a name is about, all of them if it has several meanings: upper and lower case, and what quotes it, make no difference. */
export function findPages(written: string): readonly Page[] {
  const name = bare(written)
  const spelled = PAGES.filter(page => spellingsOf(page).some(spelling => spelling.toLowerCase() === name.toLowerCase()))
  return spelled.length > 0 ? spelled : pagesOfKey(name)
}

/** Names that may have been meant. */
export function namesLike(written: string): readonly string[] {
  return nearest(bare(written), new Set(PAGES.flatMap(spellingsOf)))
}

function spellingsOf({ name, spellings }: Page): readonly string[] {
  return [name, ...spellings]
}

/** As it stands in a message or a file: `[no-expiry]`, "`pool1`", `"topic"`. */
function bare(written: string): string {
  return written.trim().replace(/^[[`'"]+|[\]`'":=]+$/g, '')
}

/** A key of a rules file in the words of a user, or one of Redis with its values. */
function pagesOfKey(name: string): readonly Page[] {
  const words = name.split('.')
  const [first, second, third] = words
  if (first === 'backend' && second === 'redis' && third === 'rule') return pagesNamed('check', 'old-form')
  const hook = hookIn(first === 'backend' && second === 'redis' && third === 'hook' ? words.slice(3) : words)
  if (hook !== undefined) return pagesNamed('hook', hook)
  const target = settingNamed(words)
  if (target?.kind === 'pool') return pagesNamed('pool option', `backend.redis.<pool>.${target.option}`)
  if (target !== undefined) return PAGES.filter(page => page.kind === 'setting' && spellingsOf(page).includes(target.key))
  if (isForeign(words)) return pagesNamed('check', 'foreign-setting')
  return KEY_TABLE.filter(({ pattern }) => patternOf(pattern).test(name)).flatMap(({ pattern }) => pagesNamed('Redis key', pattern))
}

/** Of `message.publish.1` too. */
function hookIn(words: readonly string[]): string | undefined {
  return hookNamed(words.join('.')) ?? hookNamed(words.slice(0, -1).join('.'))
}

function pagesNamed(kind: Page['kind'], name: string): readonly Page[] {
  return PAGES.filter(page => page.kind === kind && page.name === name)
}

/** Its fixed parts with any text between them. */
function patternOf(key: string): RegExp {
  return new RegExp(`^${key.split(/\$\{\w+\}/).map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`, 's')
}
