import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lineStoryText } from '../../src/cli/line-text.ts'
import { compile } from '../../src/compile.ts'
import type { Source } from '../../src/diagnostic/source.ts'
import { sourceText } from '../../src/diagnostic/source-text.ts'
import { explainLine } from '../../src/explain/explain-line.ts'
import { coversFilter, filterProblem, matchesTopic } from '../../src/language/topic-filter.ts'
import { subscriptionWords, topicWords } from '../../src/language/filter-words.ts'
import { readPrograms } from '../../src/server/sources.ts'
import { ROOT } from '../structure/imports.ts'

const FILES = ['rules', 'test/lint'].flatMap(folder =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.conf')).map(file => join(folder, file)))

async function sourceOf(file: string): Promise<Source> {
  const read = await readPrograms([join(ROOT, file)], { overrides: false, env: {}, stdin: undefined })
  const [source] = read.ok ? read.programs.flat() : []
  if (source === undefined) throw new Error(`${file} cannot be read`)
  return source
}

it.each(FILES)('of %s the first lines with findings say so, and show no secret', async (file) => {
  const source = await sourceOf(file)
  const found = compile([source], { unsetEnv: 'warning' }).diagnostics.filter(({ span }) => span.file === source.name)
  for (const line of [...new Set(found.map(({ span }) => span.start.line))].slice(0, 3)) {
    const story = explainLine([source], { file: source.name, line })
    expect(story?.findings).toEqual(expect.arrayContaining(found.filter(({ span }) => span.start.line === line)))
    if (story !== undefined) expect(lineStoryText(story, source, { colour: false })).not.toMatch(/hunter2|undefined$/m)
  }
})

it('every line of a file is explained, and none behind its end', async () => {
  for (const file of ['rules/hookline.conf', 'test/lint/an-object-over-several-lines.conf']) {
    const source = await sourceOf(file)
    const { length } = sourceText(source).lineStarts
    const titles = Array.from({ length: length + 2 }, (_, line) => explainLine([source], { file: source.name, line })?.title)
    expect(titles.map(title => title === undefined)).toEqual([true, ...Array<boolean>(length).fill(false), true])
  }
})

it('what is given as an example is matched, and what is not is not', () => {
  const level = fc.constantFrom('a', 'b', '+', '', 'sensors', '$SYS')
  const filter = fc.tuple(fc.array(level, { minLength: 1, maxLength: 5 }), fc.boolean())
    .map(([levels, open]) => [...levels, ...open ? ['#'] : []].join('/')).filter(text => filterProblem(text) === undefined)
  fc.assert(fc.property(fc.oneof(fc.constant('#'), filter), (text) => {
    const [topic, subscription] = [topicWords(text), subscriptionWords(text)]
    expect([matchesTopic(text, topic.takes), matchesTopic(text, topic.leaves)]).toEqual([true, false])
    expect([coversFilter(text, subscription.takes), coversFilter(text, subscription.leaves)]).toEqual([true, false])
    expect(filterProblem(topic.takes) ?? filterProblem(topic.leaves) ?? filterProblem(subscription.leaves)).toBeUndefined()
  }))
})
