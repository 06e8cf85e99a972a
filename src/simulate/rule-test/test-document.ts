import { LineCounter, parseDocument, type Document } from 'yaml'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { sourceText, spanOf, type SourceText } from '../../diagnostic/source-text.ts'
import { fileShape, rulesOnly, type TestFile } from './scenario.ts'
import { CHECK, type Located, type Reading } from './shape.ts'

/** A test file as a document, comments and layout included. */
export interface TestDocument {
  readonly source: SourceText
  readonly document: Document
  /** The rules files as written, relative to the test file. Absent: it does not say. */
  readonly rules: Located<readonly string[]> | undefined
  /** What is no YAML. */
  readonly findings: readonly Diagnostic[]
}

export function readDocument(file: { readonly name: string, readonly text: string }): TestDocument {
  const source = sourceText(file)
  const document = parseDocument(file.text, { lineCounter: new LineCounter(), prettyErrors: false, uniqueKeys: true })
  const findings = document.errors.map(({ message, pos: [start, end] }): Diagnostic => ({
    check: CHECK, severity: 'error', message: lowerCase(message), span: spanOf(source, start, Math.max(start, end)),
  }))
  const rules = findings.length > 0 ? undefined : rulesOnly.read(document.contents, [], { source, findings: [] })?.rules
  return { source, document, rules, findings }
}

/** What a document says of rules that use these pools; findings if it is not in order. */
export function readTests({ source, document }: TestDocument, pools: readonly string[]): { readonly file: TestFile | undefined, readonly findings: readonly Diagnostic[] } {
  const reading: Reading = { source, findings: [] }
  const file = fileShape(pools).read(document.contents, [], reading)
  return { file: reading.findings.length > 0 ? undefined : file, findings: reading.findings }
}

function lowerCase(message: string): string {
  return `${message.charAt(0).toLowerCase()}${message.slice(1)}`
}
