import pc from 'picocolors'
import { clean } from '../diagnostic/render/report.ts'
import { withoutSecrets } from '../diagnostic/render/secret.ts'
import type { Source } from '../diagnostic/source.ts'
import { lineText, sourceText } from '../diagnostic/source-text.ts'
import type { LineStory } from '../explain/line.ts'
import type { TextLook } from './page-text.ts'
import { shortPath } from './short-path.ts'
import { wrapped } from './wrapped.ts'

const INDENT = '  '

/** A line of a file and what it says, for a terminal. */
export function lineStoryText(story: LineStory, source: Source, { colour }: TextLook): string {
  const paint = pc.createColors(colour)
  const { span: { start, end }, title } = story
  const facts = [...story.facts, ...findingFacts(story)].filter(([, clauses]) => clauses.length > 0)
  const width = Math.max(0, ...facts.map(([label]) => label.length))
  const below = ' '.repeat(INDENT.length + width + 2)
  const text = sourceText(source)
  const shown = Array.from({ length: end.line - start.line + 1 }, (_, i) => `${INDENT}${INDENT}${clean(withoutSecrets(lineText(text, start.line + i)).replaceAll('\t', ' '))}`)
  const parts = [
    [`${paint.bold(`${shortPath(source.name)}:${start.line}`)}: ${clean(title)}`],
    shown.every(line => line.trim() === '') ? [] : shown,
    facts.flatMap(([label, clauses]) => clauses.map((clause, i) => {
      const head = i === 0 ? `${INDENT}${paint.cyan(label.padEnd(width))}  ` : below
      // a line that is to be typed stays one
      return /`[^`]+ = \{/.test(clause) ? `${head}${clean(clause)}` : wrapped(`${head}${clean(clause)}`, below)
    })),
  ]
  return `${parts.filter(lines => lines.length > 0).map(lines => lines.join('\n')).join('\n\n')}\n`
}

function findingFacts({ findings }: LineStory): LineStory['facts'] {
  return findings.map(({ check, severity, message, hint }) => [
    severity === 'info' ? 'hint' : severity, [`${message} [${check}]`, ...hint === undefined ? [] : [hint]],
  ])
}
