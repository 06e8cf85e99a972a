import type { Edit } from '../diagnostic/diagnostic.ts'
import { spanOf } from '../diagnostic/source-text.ts'
import { compareRuleNumbers } from '../language/rule-number.ts'
import { poolNamed } from '../language/setting-table.ts'
import type { Comment, Include, JsonMember, Line, Rule, RuleFile, Setting, Stretch } from './ast.ts'
import { printLine } from './print.ts'
import { isRuleKey, readRuleKey } from './rule-key.ts'

/** A line with the comments right above it: they stay together. */
interface Unit {
  readonly kind: 'unit'
  readonly comments: readonly Comment[]
  readonly line: Setting | Rule | Include
}

type Item = Unit | { readonly kind: 'blank' } | { readonly kind: 'loose', readonly comment: Comment }

/**
 * What makes a file canonical, as edits, none of which overlap: `key = value` with one blank on each
 * side, the members of a rule in one order, the rules of a hook in the order of their numbers as long as
 * nothing stands between them, the options of a pool together, one blank line where there were several.
 * Lines that could not be read stay as they are, and no line is moved across one. The program stays
 * the same; and what comes out is canonical.
 */
export function formatting(file: RuleFile): readonly Edit[] {
  return readableParts(file).flatMap(part => partEdit(file, part) ?? [])
}

/** The lines of a file in the order in which they stand when it is formatted, but for those that could not be read. */
export function formattedLines(file: RuleFile): readonly Line[] {
  return readableParts(file).flatMap(part => arranged(part).flatMap(item => item.kind === 'unit' ? [item.line] : []))
}

/** What could be read, cut where something could not. */
function readableParts({ stretches }: RuleFile): readonly (readonly Stretch[])[] {
  const parts: Stretch[][] = [[]]
  for (const stretch of stretches) {
    if (stretch.line === undefined) parts.push([])
    else parts.at(-1)?.push(stretch)
  }
  return parts
}

function partEdit({ source, stretches }: RuleFile, part: readonly Stretch[]): Edit | undefined {
  const [first, last] = [part[0], part.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const { text, lineStarts } = source
  const startOf = (line: number): number => lineStarts[line - 1] ?? text.length
  // of the first line that stays: blank ones at the beginning go
  const feed = /^[^\n]*\r\n/.test(text.replace(/^\uFEFF?(?:[ \t]*\r?\n)+/, '')) ? '\r\n' : '\n'
  const before = Array.from({ length: last.to - first.from }, (_, i) => text.slice(startOf(first.from + i), startOf(first.from + i + 1)))
  // what would be a byte order mark at the start of the file does not get there
  const atStart = first === stretches[0] && text[startOf(last.to)] !== '\uFEFF'
  const after = withoutSpareBlanks(arranged(part), { atStart, atEnd: last === stretches.at(-1) })
    .flatMap(linesOf).map(line => `${line}${feed}`)
  // Nothing behind a byte order mark is a line too.
  if (before.join('') === after.join('')) return undefined
  const most = Math.min(before.length, after.length)
  let [head, tail] = [0, 0]
  while (head < most && before[head] === after[head]) head += 1
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
  return {
    span: spanOf(source, startOf(first.from + head), startOf(last.to - tail)),
    text: after.slice(head, after.length - tail).join(''),
  }
}

function linesOf(item: Item): readonly string[] {
  switch (item.kind) {
    case 'blank': return ['']
    case 'loose': return [printLine(item.comment)]
    case 'unit': return [...item.comments.map(printLine), ...printLine(item.line.kind === 'rule' ? ordered(item.line) : item.line).split('\n')]
    default: return item satisfies never
  }
}

function arranged(part: readonly Stretch[]): readonly Item[] {
  return rulesByNumber(poolsTogether(itemsOf(part)))
}

function itemsOf(part: readonly Stretch[]): readonly Item[] {
  const items: Item[] = []
  let above: Comment[] = []
  const settle = (): void => {
    for (const comment of above) items.push({ kind: 'loose', comment })
    above = []
  }
  for (const { line } of part) {
    switch (line?.kind) {
      case 'comment':
        above.push(line)
        break
      case 'setting':
      case 'rule':
      case 'include':
        items.push({ kind: 'unit', comments: above, line })
        above = []
        break
      case 'blank':
        settle()
        items.push({ kind: 'blank' })
        break
      case undefined:
        break
      default:
        line satisfies never
    }
  }
  settle()
  return items
}

/** Among settings with nothing between them each option follows those of its pool that come before it. */
function poolsTogether(items: readonly Item[]): readonly Item[] {
  const arranged: Item[] = []
  /** By pool; a setting of none is alone. */
  const groups = new Map<string | Item, Item[]>()
  const settle = (): void => {
    for (const group of groups.values()) arranged.push(...group)
    groups.clear()
  }
  for (const item of items) {
    if (item.kind !== 'unit' || item.line.kind !== 'setting') {
      settle()
      arranged.push(item)
      continue
    }
    const group = poolNamed(item.line.key.words.map(({ text }) => text)) ?? item
    const others = groups.get(group)
    if (others === undefined) groups.set(group, [item])
    else others.push(item)
  }
  settle()
  return arranged
}

/** Rules of one hook with nothing but blank lines between them change places. */
function rulesByNumber(items: readonly Item[]): readonly Item[] {
  const arranged = [...items]
  let hook: string | undefined
  let run: number[] = []
  const settle = (): void => {
    const units = run.flatMap(at => items[at] ?? [])
    const sorted = [...units].sort((a, b) => compareRuleNumbers(numberOf(a) ?? '', numberOf(b) ?? ''))
    run.forEach((at, i) => { arranged[at] = sorted[i] ?? arranged[at] ?? { kind: 'blank' } })
    run = []
  }
  for (const [at, item] of items.entries()) {
    if (item.kind === 'blank') continue
    const own = numberOf(item) === undefined ? undefined : hookOf(item)
    if (own === undefined || own !== hook) settle()
    hook = own
    if (own !== undefined) run.push(at)
  }
  settle()
  return arranged
}

function numberOf(item: Item): string | undefined {
  return keyOf(item)?.number
}

/** Aliases of a hook are one hook. */
function hookOf(item: Item): string | undefined {
  const key = keyOf(item)
  return key?.hook ?? key?.hookText
}

function keyOf(item: Item) {
  return item.kind === 'unit' && item.line.kind === 'rule' && isRuleKey(item.line.key) ? readRuleKey(item.line.key) : undefined
}

/** No blank lines at the ends of the file, and one where there were several. */
function withoutSpareBlanks(items: readonly Item[], { atStart, atEnd }: { readonly atStart: boolean, readonly atEnd: boolean }): readonly Item[] {
  const single = items.filter(({ kind }, i) => kind !== 'blank' || (i === 0 ? !atStart : items[i - 1]?.kind !== 'blank'))
  const isBlankEnd = atEnd && single.at(-1)?.kind === 'blank'
  return isBlankEnd ? single.slice(0, -1) : single
}

/** The order of EMQ X's own files; what is not known comes last, as it stands. */
const MEMBER_ORDER: readonly string[] = ['topic', 'action', 'expired_time', 'pool']

/** A rule with its members in that order. One of before EMQ X 2.0 has other ones, and stays. */
function ordered(rule: Rule): Rule {
  return isRuleKey(rule.key) ? { ...rule, value: { ...rule.value, members: [...rule.value.members].sort((a, b) => rank(a) - rank(b)) } } : rule
}

function rank({ name }: JsonMember): number {
  const at = MEMBER_ORDER.indexOf(name.value)
  return at === -1 ? MEMBER_ORDER.length : at
}
