import type { Source } from '../compile.ts'
import { withIncluded } from '../diagnostic/source.ts'

/** No rule and no setting: nothing but blank lines and comments (SPEC 1, the line forms). */
export function isBlank(text: string): boolean {
  return text.split('\n').every(line => /^\s*(?:#|$)/.test(line))
}

/**
 * The first file that says nothing now and said something before, included ones too: seldom meant,
 * mostly a save that was cut short.
 */
export function emptied(before: readonly Source[], now: readonly Source[]): Source | undefined {
  const said = new Set(withIncluded(before).filter(({ text }) => !isBlank(text)).map(({ name }) => name))
  return withIncluded(now).find(({ name, text }) => said.has(name) && isBlank(text))
}

/** Something was there before and is not there now: a file that was included, or one that a setting takes its value from. */
export function vanished(before: readonly Source[], now: readonly Source[]): boolean {
  const there = new Set(partsOf(now))
  return partsOf(before).some(part => !there.has(part))
}

function partsOf(sources: readonly Source[]): readonly string[] {
  return withIncluded(sources).flatMap(({ name, references = [] }) => [
    name, ...references.flatMap(reference => reference.value === undefined ? [] : [`${name} ${reference.kind}:${reference.name}`]),
  ])
}
