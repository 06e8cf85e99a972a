import { createHash } from 'node:crypto'
import type { Diagnostic } from '../diagnostic.ts'
import { withIncluded } from '../source.ts'
import { lineText, sourceText } from '../source-text.ts'
import { pathIn, type Report } from './report.ts'
import { withoutSecrets } from './secret.ts'

/**
 * What makes each finding the same one in the next run, in hex: its check, its file and the words of
 * its line. Lines that move keep it, and no two of one run share one. What stands in the place of
 * secrets is left out: nobody can try passwords on it.
 */
export function fingerprints(diagnostics: readonly Diagnostic[], { sources, folder }: Pick<Report, 'sources' | 'folder'>): readonly string[] {
  const texts = new Map(withIncluded(sources).map(source => [source.name, sourceText(source)]))
  const seen = new Map<string, number>()
  return diagnostics.map(({ check, span }) => {
    const source = texts.get(span.file)
    const line = source === undefined ? '' : withoutSecrets(lineText(source, span.start.line)).trim().replaceAll(/\s+/g, ' ')
    const content = JSON.stringify([check, pathIn(folder, span.file), line])
    const before = seen.get(content) ?? 0
    seen.set(content, before + 1)
    return createHash('sha256').update(`${content}${before}`).digest('hex').slice(0, 32)
  })
}
