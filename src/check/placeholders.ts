import type { HookName } from '../language/hooks.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import type { CommandField } from '../syntax/ast.ts'
import { once } from './once.ts'

/** A `${name}` in a command, with where it stands. */
export interface PlaceholderUse {
  readonly name: string
  readonly span: Span
  readonly field: CommandField
  /** Absent: the rule's hook is not known. */
  readonly hook: HookName | undefined
}

/** Every placeholder of every command, but for those in its name and those of the environment, which have checks of their own. */
export const placeholderUses = once(({ rules }): readonly PlaceholderUse[] => {
  const uses: PlaceholderUse[] = []
  for (const { commands, hook } of rules) {
    for (const { fields: [, ...fields] } of commands) {
      for (const field of fields) {
        for (const part of field.parts) {
          if (part.kind === 'placeholder' && !/^(?:env|file):/.test(part.name)) uses.push({ name: part.name, span: part.span, field, hook })
        }
      }
    }
  }
  return uses
})
