import type { Source } from '../compile.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { withoutSecrets } from '../diagnostic/render/secret.ts'
import { lineText, sourceText } from '../diagnostic/source-text.ts'

/**
 * As much of the sources as is needed to show these findings elsewhere: their lines, in their
 * places, without secrets. All other lines are empty.
 */
export function shownSources(diagnostics: readonly Diagnostic[], sources: readonly Source[]): readonly Source[] {
  const spans = diagnostics.flatMap(({ span, related = [] }) => [span, ...related.map(other => other.span)])
  return sources.flatMap((source) => {
    const wanted = new Set(spans.filter(({ file }) => file === source.name).map(({ start }) => start.line))
    if (wanted.size === 0) return []
    const text = sourceText(source)
    const lines = Array.from({ length: Math.max(...wanted) }, (_, i) => wanted.has(i + 1) ? withoutSecrets(lineText(text, i + 1)) : '')
    return [{ name: source.name, text: lines.join('\n') }]
  })
}
