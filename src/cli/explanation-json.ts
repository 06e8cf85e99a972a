import { fieldsOf } from '../diagnostic/render/json.ts'
import { withoutSecrets } from '../diagnostic/render/secret.ts'
import type { Source } from '../diagnostic/source.ts'
import { lineText, sourceText } from '../diagnostic/source-text.ts'
import type { LineStory } from '../explain/line.ts'
import type { Page } from '../explain/page.ts'

/** What `explain --json` prints of names: one page for each meaning, made of what the text has; texts have code in backticks. */
export function pagesJson(pages: readonly Page[]): object {
  return {
    pages: pages.map(({ kind, name, spellings, summary, facts, doc, examples }) => (
      { kind, name, spellings, summary, facts: facts.map(([label, text]) => ({ label, text })), doc, examples }
    )),
  }
}

/** What it prints of a line: the file is named as it was read, and findings are as `lint --format json` has them. */
export function lineStoryJson({ span: { start, end }, title, facts, findings }: LineStory, source: Source): object {
  const text = sourceText(source)
  return {
    file: source.name, line: start.line, endLine: end.line, title,
    text: Array.from({ length: end.line - start.line + 1 }, (_, i) => withoutSecrets(lineText(text, start.line + i))),
    facts: facts.filter(([, clauses]) => clauses.length > 0).map(([label, clauses]) => ({ label, clauses })),
    findings: findings.map(fieldsOf),
  }
}
