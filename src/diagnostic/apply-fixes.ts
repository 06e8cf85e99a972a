import type { Edit, Fix } from './diagnostic.ts'

/** Those of the fixes that can be applied together: of two that touch one place the one that changes less, and each once. */
export function compatible(fixes: readonly Fix[]): readonly Fix[] {
  const chosen: Fix[] = []
  const taken = new Map<string, Edit[]>()
  const once = new Map(fixes.map(fix => [JSON.stringify(fix.edits), fix]))
  for (const fix of [...once.values()].sort((a, b) => extent(a) - extent(b))) {
    if (fix.edits.some(edit => (taken.get(edit.span.file) ?? []).some(other => overlap(edit, other)))) continue
    chosen.push(fix)
    for (const edit of fix.edits) {
      const others = taken.get(edit.span.file)
      if (others === undefined) taken.set(edit.span.file, [edit])
      else others.push(edit)
    }
  }
  return chosen
}

function extent({ edits }: Fix): number {
  return edits.reduce((sum, { span, text }) => sum + span.end.offset - span.start.offset + text.length, 0)
}

/** Edits that only touch have no order in which they could be made. */
function overlap({ span: a }: Edit, { span: b }: Edit): boolean {
  return a.start.offset <= b.end.offset && b.start.offset <= a.end.offset
}

/** The text of a file with edits made, none of which overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let made = ''
  let at = 0
  for (const { span, text: put } of inOrder(edits)) {
    made += text.slice(at, span.start.offset) + put
    at = span.end.offset
  }
  return made + text.slice(at)
}

export function inOrder(edits: readonly Edit[]): readonly Edit[] {
  return [...edits].sort((a, b) => a.span.start.offset - b.span.start.offset || a.span.end.offset - b.span.end.offset)
}
