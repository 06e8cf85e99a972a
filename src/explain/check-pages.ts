import { mayIgnore } from '../check/ignore.ts'
import { CHECKS } from '../check/index.ts'
import type { Severity } from '../diagnostic/diagnostic.ts'
import type { Page } from './page.ts'

/** What each severity means for a file. */
const SEVERITIES: Readonly<Record<Severity, string>> = {
  error: 'it cannot run, can never be meant, or endangers others; a reload with it is rejected',
  warning: 'it runs, but hardly as meant; `lint --strict` fails on it',
  info: 'a hint',
}

const FIXES = { safe: '`hookline lint --fix` mends it', offered: 'offered to editors and programs' } as const

/** One for each check: every message of the compiler carries the name of one. */
export const CHECK_PAGES: readonly Page[] = CHECKS.map(({ name, severity, fix, doc, bad, good }) => ({
  kind: 'check', name, spellings: [],
  summary: `${severity}: ${SEVERITIES[severity]}`,
  facts: [
    ...fix === undefined ? [] : [['fix', FIXES[fix]] as const],
    ...mayIgnore(name, severity) ? [['where it is meant', `\`# hookline-ignore ${name} -- reason\` on the line before`] as const] : [],
  ],
  doc,
  examples: [{ title: 'avoid', text: bad }, { title: 'prefer', text: good }],
}))
