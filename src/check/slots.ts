import type { Finding } from './check.ts'
import { fieldText } from './command-text.ts'
import { type Argument, type RedisCall } from './redis-call.ts'
import { slotsDiffer, written, type Template } from './template.ts'

/** Two of the keys that can fall into different slots; on a cluster Redis then refuses the command. */
export function keysApart(call: RedisCall): readonly [Argument, Argument] | undefined {
  if (!call.counted) return undefined
  return firstApart(call.keys)
}

/** The first key, and the first that can fall into another slot than it. */
export function firstApart([first, ...others]: readonly Argument[]): readonly [Argument, Argument] | undefined {
  if (first === undefined) return undefined
  const other = others.find(({ template }) => slotsDiffer(first.template, template))
  return other === undefined ? undefined : [first, other]
}

/** What to write for two keys so that they fall into one slot: around a placeholder that both have, braces. */
export function sharedTag({ template: a, field: aField }: Argument, { template: b, field: bField }: Argument): Pick<Finding, 'fix'> & { readonly hint: string } {
  const names = a.flatMap(part => part.kind === 'placeholder' ? [part.name] : [])
  const shared = names.find(name => b.some(part => part.kind === 'placeholder' && part.name === name))
  if (shared === undefined || [a, b].some(key => key.some(part => part.kind === 'text' && /[{}]/.test(part.text)))) {
    return { hint: 'use one key a command, or give all of them the same text in `{}`' }
  }
  const [one, other] = [tagged(a, shared), tagged(b, shared)]
  const hint = `write \`${one}\` and \`${other}\``
  return { hint, fix: { title: hint, edits: [{ span: aField.span, text: fieldText(one) }, { span: bField.span, text: fieldText(other) }] } }
}

/** The key with braces around the first of its placeholders with that name. */
export function tagged(key: Template, name: string): string {
  const at = key.findIndex(part => part.kind === 'placeholder' && part.name === name)
  return key.map((part, i) => i === at ? `{${written([part])}}` : written([part])).join('')
}
