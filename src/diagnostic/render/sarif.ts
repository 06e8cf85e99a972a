import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import type { Diagnostic, Fix, Severity, Span } from '../diagnostic.ts'
import { withIncluded } from '../source.ts'
import { fingerprints } from './fingerprint.ts'
import { clean, pathIn, type CheckPage, type Renderer } from './report.ts'

/**
 * SARIF 2.1.0, which GitHub's code scanning and many editors read (docs.oasis-open.org/sarif). Columns
 * are UTF-16 units from 1, an end is the first that is no part, as in our spans. Paths are relative to
 * where the command ran, which is not said: it differs from machine to machine. What a line says to
 * ignore is left out: code scanning takes no notice of `suppressions`, and would open an alert for it.
 */
export const renderSarif: Renderer = (report) => {
  const { diagnostics, checks, version } = report
  const variables = new Set(withIncluded(report.sources).flatMap(({ name, kind }) => kind === 'environment' ? [name] : []))
  const artifact = (file: string): object => variables.has(file)
    ? { uri: encoded(file), description: { text: 'variables of the environment' } }
    : artifactOf(file, report.folder)
  const found = new Set(diagnostics.map(({ check }) => check))
  const rules = checks.filter(({ name }) => found.has(name))
  const prints = fingerprints(diagnostics, report)
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: { driver: { name: 'hookline', semanticVersion: version, rules: rules.map(ruleOf) } },
      columnKind: 'utf16CodeUnits',
      originalUriBaseIds: { [BASE]: { description: { text: 'the folder in which hookline ran' } } },
      results: diagnostics.map((diagnostic, i) => ({
        ...resultOf(diagnostic, artifact),
        ruleIndex: rules.findIndex(({ name }) => name === diagnostic.check),
        partialFingerprints: { 'hookline/v1': prints[i] },
      })),
    }],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

const BASE = '%SRCROOT%'
const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' }

function ruleOf({ name, severity, doc, bad, good }: CheckPage): object {
  return {
    id: name,
    shortDescription: { text: firstSentence(doc) },
    fullDescription: { text: doc },
    defaultConfiguration: { level: LEVELS[severity] },
    help: {
      text: `${doc}\n\nNot so:\n\n${indented(bad)}\n\nBut so:\n\n${indented(good)}`,
      markdown: `${doc}\n\nNot so:\n\n\`\`\`\n${bad}\n\`\`\`\n\nBut so:\n\n\`\`\`\n${good}\n\`\`\``,
    },
  }
}

function firstSentence(doc: string): string {
  return /^[^]*?[.:](?= |$)/.exec(doc)?.[0].replace(/:$/, '.') ?? doc
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}

/** How a file is named. */
type Artifact = (file: string) => object

function resultOf({ check, severity, message, hint, span, fix, related = [] }: Diagnostic, artifact: Artifact): object {
  return {
    ruleId: check,
    level: LEVELS[severity],
    message: { text: literal([message, ...hint === undefined ? [] : [`hint: ${hint}`]].map(clean).join('\n')) },
    locations: [{ physicalLocation: locationOf(span, artifact) }],
    ...fix === undefined ? {} : { fixes: [fixOf(fix, artifact)] },
    ...related.length === 0 ? {} : {
      relatedLocations: related.map((other, id) => ({ id, physicalLocation: locationOf(other.span, artifact), message: { text: literal(clean(other.message)) } })),
    },
  }
}

/**
 * What would be an embedded link or the number of an argument stays text (SARIF 2.1.0, 3.11.5, 3.11.6).
 * Other braces are left alone: to double them all, as it asks, shows them double in what reads it.
 */
function literal(text: string): string {
  return text.replaceAll(/\[(?=[^\]]*\]\()/g, '\\[').replaceAll(/\{(\d+)\}/g, '{{$1}}')
}

function fixOf({ title, edits }: Fix, artifact: Artifact): object {
  const files = new Set(edits.map(edit => edit.span.file))
  return {
    description: { text: literal(clean(title)) },
    artifactChanges: [...files].map(file => ({
      artifactLocation: artifact(file),
      replacements: edits.filter(edit => edit.span.file === file).map(({ span, text }) => ({ deletedRegion: regionOf(span), insertedContent: { text } })),
    })),
  }
}

function locationOf(span: Span, artifact: Artifact): object {
  return { artifactLocation: artifact(span.file), region: regionOf(span) }
}

function regionOf({ start, end }: Span): object {
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column }
}

function artifactOf(file: string, folder: string): object {
  const path = pathIn(folder, file)
  // a path with `..` means something else elsewhere
  return path.startsWith('../') ? { uri: pathToFileURL(resolve(folder, file)).href } : { uri: encoded(path), uriBaseId: BASE }
}

function encoded(path: string): string {
  return path.replaceAll(/\p{Cs}/gu, '\uFFFD').split('/').map(encodeURIComponent).join('/')
}
