import type { Source } from '../compile.ts'

/** No rule and no setting: nothing but blank lines and comments (SPEC 1, the line forms). */
export function isBlank(text: string): boolean {
  return text.split('\n').every(line => /^\s*(?:#|$)/.test(line))
}

/**
 * The first source that says nothing now and said something before: seldom meant, mostly a save
 * that was cut short.
 */
export function emptied(before: readonly Source[], now: readonly Source[]): Source | undefined {
  return now.find(source =>
    isBlank(source.text) && before.some(({ name, text }) => name === source.name && !isBlank(text)))
}
