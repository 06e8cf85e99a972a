import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import Ajv from 'ajv-draft-04'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/check/index.ts'
import { compile, type Source } from '../../src/compile.ts'
import type { Diagnostic, Severity } from '../../src/diagnostic/diagnostic.ts'
import { FORMATS, FORMAT_NAMES, type Format } from '../../src/diagnostic/render/index.ts'
import type { Report } from '../../src/diagnostic/render/report.ts'
import { readPrograms } from '../../src/server/sources.ts'

const FOLDER = fileURLToPath(new URL('formats/', import.meta.url))

/** A report as `lint` makes it. */
function reportOf(sources: readonly Source[], changes: Partial<Report> = {}): Report {
  const { diagnostics } = compile(sources)
  return {
    diagnostics, sources, checks: CHECKS, failing: new Set<Severity>(['error']), folder: FOLDER, version: '1.2.3', colour: false, ...changes,
  }
}

function reportOfText(text: string): Report {
  return reportOf([{ name: `${FOLDER}a.conf`, text }])
}

async function reportOfFile(file: string): Promise<Report> {
  const read = await readPrograms([FOLDER + file], { overrides: false, stdin: undefined })
  if (!read.ok) throw new Error(read.reason)
  return reportOf(read.programs.flat())
}

const isSarif = new Ajv.default({ strict: false, unicodeRegExp: false, validateFormats: false, allErrors: true }).compile(
  createRequire(import.meta.url)('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json') as object, // a file of that package
)

/** How each format is read; what comes back is every text in it. Throws where it cannot be. */
const READERS: Readonly<Record<Exclude<Format, 'pretty'>, (text: string) => string>> = {
  json: (text) => JSON.stringify(text.split('\n').slice(0, -1).map((line): unknown => JSON.parse(line))),
  sarif(text) {
    const log: unknown = JSON.parse(text)
    if (!isSarif(log)) throw new Error(JSON.stringify(isSarif.errors))
    return JSON.stringify(log)
  },
  github(text) {
    const lines = text.split('\n').slice(0, -1)
    for (const line of lines) {
      // properties end at the first two colons, and at each comma
      const [, list = ''] = /^::(?:error|warning|notice) ((?:(?!::).)*)::/su.exec(line) ?? []
      const names = list.split(',').map(it => /^(\w+)=[^=,:]*/.exec(it)?.[1])
      if (names[0] !== 'file' || names.at(-1) !== 'title') throw new Error(line)
    }
    return lines.map(decodeURIComponent).join('\n')
  },
  gitlab(text) {
    const issues = JSON.parse(text) as { readonly fingerprint: string, readonly severity: string }[] // what is tested
    if (new Set(issues.map(({ fingerprint }) => fingerprint)).size !== issues.length) throw new Error('a fingerprint comes twice')
    if (issues.some(({ severity }) => !['info', 'minor', 'major', 'critical', 'blocker'].includes(severity))) throw new Error('no severity')
    return JSON.stringify(issues)
  },
  junit(text) {
    const texts: string[] = []
    const parser = new SaxesParser()
    parser.on('error', (error) => { throw error })
    parser.on('text', (part) => { texts.push(part) })
    parser.on('opentag', ({ attributes }) => { texts.push(...Object.values(attributes)) })
    parser.write(text).close()
    return texts.join('\n')
  },
}
const READABLE = Object.entries(READERS)

describe.each(FORMAT_NAMES)('%s', (format) => {
  it('says of a file what its golden file shows', async () => {
    const text = FORMATS[format](await reportOfFile('redis.conf')).replaceAll(FOLDER, '')
    const golden = `${FOLDER}redis.${format}.out`
    if (process.env['UPDATE'] !== undefined) writeFileSync(golden, text)
    expect(existsSync(golden), 'run with UPDATE=1 and read what it writes').toBe(true)
    expect(text).toBe(readFileSync(golden, 'utf8'))
  })

  it('shows no secret', async () => {
    const read = await readPrograms([fileURLToPath(new URL('../lint/secrets-are-not-shown.conf', import.meta.url))], { overrides: false, stdin: undefined })
    if (!read.ok) throw new Error(read.reason)
    // the example of a check holds one of nobody's
    expect(FORMATS[format](reportOf(read.programs.flat(), { checks: [] }))).not.toMatch(/hunter/)
  })

  it('has something to say of a file without findings', () => {
    const text = FORMATS[format](reportOfText('node.name = a\n'))
    expect(format === 'json' || format === 'github' ? text === '' : text.endsWith('\n')).toBe(true)
  })
})

const strange = fc.oneof(
  { weight: 9, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 9, arbitrary: fc.string({ unit: fc.constantFrom('"', '<', ']]>', '&', '%', ':', ',', '::', '\n', '\r', '\0', '\u001B', '\uD800', '\uDC00', '\uFFFE', '😀', '{0}', '[a](1)', '\u2028', '`', '|'), maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom('x<', '\n', '%').map(text => text.repeat(10_000 / text.length)) },
)
const position = fc.record({ line: fc.integer({ min: 1, max: 3 }), column: fc.integer({ min: 1, max: 9 }), offset: fc.constant(0) })
const finding = fc.record({
  check: fc.constantFrom('syntax', 'no-expiry', 'two-spaces'),
  severity: fc.constantFrom<Severity>('error', 'warning', 'info'),
  message: strange,
  span: fc.record({ file: strange, start: position, end: position }),
  hint: strange,
  fix: fc.option(fc.record({ title: strange, safe: fc.boolean(), edits: fc.array(fc.record({ span: fc.record({ file: strange, start: position, end: position }), text: strange }), { minLength: 1, maxLength: 2 }) }), { nil: undefined }),
  related: fc.array(fc.record({ span: fc.record({ file: strange, start: position, end: position }), message: strange }), { maxLength: 2 }),
})

it.each(READABLE)('%s can be read whatever the texts of the findings are', (format, read) => {
  const render = FORMATS[format as Format] // of the table above
  fc.assert(fc.property(fc.array(finding, { maxLength: 4 }), strange, (found, text) => {
    // a finding without a fix has none
    const diagnostics: Diagnostic[] = found.map(({ fix, ...rest }) => fix === undefined ? rest : { ...rest, fix })
    const sources = [...new Set(diagnostics.map(({ span }) => span.file))].map((name) => ({ name, text }))
    const rendered = render(reportOf([], { diagnostics, sources }))
    const shown = read(rendered)
    // oxlint-disable-next-line no-control-regex -- nothing in a file may steer a terminal or a log
    if (format !== 'json') expect(rendered).not.toMatch(/[\0-\x09\x0B-\x1F]/)
    for (const { message } of diagnostics) if (/^\w+$/.test(message)) expect(shown).toContain(message)
  }), { numRuns: 200 })
})

it.each(READABLE)('%s has every finding, with its place and its hint', async (format, read) => {
  const report = await reportOfFile('redis.conf')
  const shown = read(FORMATS[format as Format](report)) // of the table above
  expect(report.diagnostics.length).toBeGreaterThan(5)
  for (const { check, hint = '' } of report.diagnostics) {
    // junit names the first of a failure, and all in its text
    expect(shown).toContain(check)
    expect(shown).toContain(format === 'json' || format === 'sarif' || format === 'gitlab' ? JSON.stringify(hint).slice(1, -1) : hint)
  }
})

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly fixes?: readonly object[]
  readonly partialFingerprints: Readonly<Record<string, string>>
  readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }, readonly region: object } }[]
}

function sarif(report: Report) {
  const [run] = (JSON.parse(FORMATS.sarif(report)) as { runs: { results: Result[], tool: { driver: { rules: { id: string }[] } } }[] }).runs // what is tested
  if (run === undefined) throw new Error('no run')
  return { results: run.results, rules: run.tool.driver.rules }
}

describe('sarif', () => {
  const RULE = 'backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "pool": "pool1", "pol": 1, "pul": 1}\nbackend.redis.pool1.server = 127.0.0.1\n'
  const printsOf = (text: string): readonly (readonly string[])[] =>
    sarif(reportOfText(text)).results.map(({ ruleId, partialFingerprints }) => [ruleId, ...Object.values(partialFingerprints)])

  it('gives each finding the same fingerprint when its line moves or is laid out anew, and another when its words change', () => {
    const before = printsOf(RULE)
    expect(before.map(([check]) => check)).toEqual(['unknown-field', 'unknown-field', 'no-expiry'].toSorted((a, b) => before.findIndex(([it]) => it === a) - before.findIndex(([it]) => it === b)))
    expect(new Set(before.flat()).size).toBe(3 + 2)
    expect(printsOf(`# one\n\n${RULE.replace('": ', '":  ')}`)).toEqual(before)
    expect(printsOf(RULE.replace('a/#', 'b/#')).flat().filter(it => before.flat().includes(it) && it.length === 32)).toEqual([])
  })

  it('counts columns in UTF-16 units', () => {
    const text = RULE.replace('a/#', '😀/é/#')
    const [first] = sarif(reportOfText(text)).results.filter(({ ruleId }) => ruleId === 'unknown-field')
    const startColumn = text.indexOf('"pol"') + 1
    expect(first?.locations[0]?.physicalLocation.region).toMatchObject({ startLine: 1, startColumn, endColumn: startColumn + 5 })
  })

  it('holds the fixes, as replacements of regions', async () => {
    const [renamed] = sarif(await reportOfFile('redis.conf')).results.filter(({ ruleId }) => ruleId === 'unknown-placeholder')
    expect(renamed?.fixes).toMatchObject([{ artifactChanges: [{ artifactLocation: { uri: 'redis.conf' }, replacements: [{ deletedRegion: { startLine: 8 }, insertedContent: { text: expect.stringContaining('clientid') } }] }] }])
  })

  it('names the rule of every result', () => {
    const { results, rules } = sarif(reportOfText(RULE))
    expect(results.map(({ ruleIndex }) => rules[ruleIndex]?.id)).toEqual(results.map(({ ruleId }) => ruleId))
  })

  it('names files from the folder, those outside by their whole path, and variables as what they are', () => {
    const uri = (name: string, kind: Source['kind'] = 'file'): string | undefined =>
      sarif(reportOf([{ name, text: 'A=1', kind }])).results[0]?.locations[0]?.physicalLocation.artifactLocation.uri
    expect(uri(`${FOLDER}more rules/a&b.conf`)).toBe('more%20rules/a%26b.conf')
    expect(uri('/etc/hookline/a b.conf')).toBe('file:///etc/hookline/a%20b.conf')
  })
})

describe('junit', () => {
  const failures = (report: Report): readonly string[] => FORMATS.junit(report).match(/<failure[^>]*type="[^"]*"/g) ?? []

  it('fails a file for what makes the command fail, with one failure for all of it', () => {
    const report = reportOfText('node.nam = a\nnode.nme = a\nzone.external.idle_timeout = 15s\n')
    expect(failures(report)).toHaveLength(1)
    expect(FORMATS.junit(report)).toMatch(/tests="1" failures="1"[^]*no setting `node\.nam`, and 1 more[^]*<system-out>[^]*foreign-setting/)
    const warned = reportOfText('zone.external.idle_timeout = 15s\n')
    expect(failures(warned)).toHaveLength(0)
    expect(failures({ ...warned, failing: new Set<Severity>(['error', 'warning']) })).toHaveLength(1)
  })
})
