import { isPlaceholder, placeholdersOf } from '../language/hook-name.ts'
import type { HookName } from '../language/hooks.ts'
import { hashSlot, hashTag } from '../language/hash-slot.ts'
import { PLACEHOLDER_VALUES, type PlaceholderValue } from '../language/placeholder-values.ts'
import type { CommandPart } from '../syntax/ast.ts'

/** A text that is filled in, such as a key: `sub:${clientid}`. */
export type Template = readonly CommandPart[]

/** The text, if nothing of it is filled in. */
export function fixedText(template: Template): string | undefined {
  const [only] = template
  if (template.length === 1 && only !== undefined) return only.kind === 'text' ? only.text : undefined
  return template.every(part => part.kind === 'text') ? written(template) : undefined
}

/** As it is written. Two that are written alike are filled in alike, by the same event. */
export function written(template: Template): string {
  const [only] = template
  if (template.length === 1 && only?.kind === 'text') return only.text
  return template.map(part => part.kind === 'text' ? part.text : `\${${part.name}}`).join('')
}

/** What is known of the values of a part that is filled in; of one that does not exist, nothing. */
export function valueOf(part: CommandPart): PlaceholderValue | undefined {
  return part.kind === 'placeholder' && isPlaceholder(part.name) ? PLACEHOLDER_VALUES[part.name] : undefined
}

/** The value that the name of a field suggests, if the hook has it: `${topic}` for `topic`. */
export function valueNamed(hook: HookName | undefined, word: string | undefined): string | undefined {
  if (hook === undefined || word === undefined || word === 'message' || !isPlaceholder(word)) return undefined
  return placeholdersOf(hook).includes(word) ? `\${${word}}` : undefined
}

/** It can become one of the words, which are letters, in capitals or not. */
export function mayBe(template: Template, words: readonly string[]): boolean {
  const lower = words.map(word => word.toLowerCase())
  const text = fixedText(template)?.toLowerCase()
  if (text !== undefined) return lower.includes(text)
  if (template.some(part => valueOf(part)?.free === false)) return false
  const [first, last] = [template[0], template.at(-1)]
  const start = first?.kind === 'text' ? first.text.toLowerCase() : ''
  const end = last?.kind === 'text' ? last.text.toLowerCase() : ''
  return lower.some(word => word.length >= start.length + end.length && word.startsWith(start) && word.endsWith(end))
}

/** The hash tag of a key, for values without braces: keys whose tags are alike are in one slot. */
export function tagOf(template: Template): { readonly tag: string, readonly fixed: boolean } {
  // The braces of `${}` are none of the key's.
  const tag = hashTag(template.map(part => part.kind === 'text' ? part.text : `\0${part.name}\0`).join(''))
  return { tag, fixed: !tag.includes('\0') }
}

/** Two keys of one cluster can fall into different slots, as they nearly always will where one of them is filled in. */
export function slotsDiffer(a: Template, b: Template): boolean {
  const [one, other] = [tagOf(a), tagOf(b)]
  if (one.tag === other.tag) return false
  return !one.fixed || !other.fixed || hashSlot(one.tag) !== hashSlot(other.tag)
}
