import type { Reference } from '../diagnostic/source.ts'
import type { MissingReference, Scalar, Setting } from '../syntax/ast.ts'

/** The setting with its value as its references make it; one of which a reference is not known says so. */
export function fillIn(setting: Setting, references: readonly Reference[] = []): Setting {
  if (!hasReferences(setting.value)) return setting
  const missing: MissingReference[] = []
  const text = setting.value.parts.map((part) => {
    if (part.kind === 'text') return part.text
    const { kind, name, span } = part
    const found = references.find(reference => reference.kind === kind && reference.name === name)
    if (found?.value !== undefined) return found.value
    missing.push({ kind, name, span, reason: found?.reason ?? 'nobody has looked' })
    return ''
  }).join('')
  return { ...setting, value: missing.length > 0 ? { ...setting.value, missing } : { ...setting.value, text } }
}

/** Part of the value comes from the environment or a file: it may be a secret, and is in no message. */
export function hasReferences({ parts }: Scalar): boolean {
  return parts.some(({ kind }) => kind !== 'text')
}
