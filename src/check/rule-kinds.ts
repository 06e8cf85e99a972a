import { filterProblem } from '../language/topic-filter.ts'
import type { Json } from '../syntax/ast.ts'
import { once } from './once.ts'
import type { RuleSymbol, Symbols } from './symbols.ts'

/**
 * What is found in rules that are judged one by one. Of many rules most are written alike but for their
 * numbers, topics and commands: those of a kind in whose first rule nothing is found are not looked at.
 * So whether `find` finds something must not hang on a word of the commands, on a place, or on more of
 * the topic than {@link topicKind} tells apart.
 */
export function* inEachRule<T>(symbols: Symbols, find: (rule: RuleSymbol) => Iterable<T>): Iterable<T> {
  const { firsts, kinds } = kindsOf(symbols)
  const suspect = firsts.map(rule => !isEmpty(find(rule)))
  if (!suspect.includes(true)) return
  for (const [i, rule] of symbols.rules.entries()) if (suspect[kinds[i] ?? 0] === true) yield* find(rule)
}

interface Kinds {
  /** The first rule of each kind. */
  readonly firsts: readonly RuleSymbol[]
  /** Of each rule its kind, by its place among those. */
  readonly kinds: readonly number[]
}

const kindsOf = once(({ rules }): Kinds => {
  const places = new Map<string, number>()
  const firsts: RuleSymbol[] = []
  const kinds = rules.map((rule) => {
    const kind = kindOf(rule)
    const known = places.get(kind)
    if (known !== undefined) return known
    places.set(kind, firsts.length)
    return firsts.push(rule) - 1
  })
  return { firsts, kinds }
})

function kindOf({ rule, hookText, number, oldForm, repeatedBy, topic, commands }: RuleSymbol): string {
  // Brackets, and a length before each text, keep apart what is put together here.
  let kind = `${hookText} ${number !== undefined} ${oldForm} ${repeatedBy !== undefined} ${commands.length} `
  const add = (json: Json, isCommand: boolean): void => {
    switch (json.kind) {
      case 'object':
        for (const { name, value } of json.members) {
          kind += `{${name.value.length} ${name.value}`
          add(value, name.value === 'commands')
        }
        kind += '}'
        break
      case 'array':
        kind += '['
        for (const item of json.items) add(item, isCommand)
        kind += ']'
        break
      case 'string':
        kind += json === topic ? topicKind(json.value) : isCommand ? hasReference(json.value) : `"${json.value.length} ${json.value}`
        break
      case 'number':
      case 'constant':
        kind += `${json.text} `
        break
      default:
        json satisfies never
    }
  }
  add(rule.value, false)
  return kind
}

/** What is wrong with it, whether it is one of a shared subscription, has an empty level, or only such, and names a variable. */
function topicKind(topic: string): string {
  const hasEmptyLevel = topic.startsWith('/') || topic.endsWith('/') || topic.includes('//')
  return `${filterProblem(topic)?.kind ?? ''} ${topic.startsWith('$share/')} ${hasEmptyLevel} ${/[^/]/.test(topic)} ${hasReference(topic)}`
}

function hasReference(text: string): boolean {
  return text.includes('${env:') || text.includes('${file:')
}

function isEmpty(found: Iterable<unknown>): boolean {
  for (const _ of found) return false
  return true
}
