import { ACTION_MEMBERS, RULE_MEMBERS, type RuleMember } from '../language/rule-members.ts'
import type { Page } from './page.ts'

export const MEMBER_PAGES: readonly Page[] = [
  ...Object.entries<RuleMember>(RULE_MEMBERS).map(([name, row]) => memberPage(name, row)),
  ...Object.entries(ACTION_MEMBERS).map(([name, row]) => memberPage(name, row)),
]

function memberPage(name: string, { expects, doc, older }: Pick<RuleMember, 'expects' | 'doc' | 'older'>): Page {
  return {
    kind: 'rule member', name, spellings: older === undefined ? [] : [older],
    summary: expects,
    facts: older === undefined ? [] : [['before EMQ X 2.0', `\`${older}\``]],
    doc,
    examples: [],
  }
}
