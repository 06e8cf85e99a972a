import type { MissingReference } from '../syntax/ast.ts'
import { misprintOf } from './misprint.ts'
import type { Symbols } from './symbols.ts'

/** References that stand for nothing, of settings that have an effect. */
export function* missingReferences({ settings }: Symbols): Iterable<MissingReference> {
  for (const { setting, words, target } of settings) {
    if (target !== undefined || misprintOf(words) !== undefined) yield* setting.value.missing ?? []
  }
}
