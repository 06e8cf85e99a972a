import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { chaptersOf, fencesOf } from './console-blocks.ts'
import { makeScratch } from './scratch.ts'
import { walk } from './walk.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Pages whose `console` blocks are carried out; how they are written is said in console-blocks.ts. */
const WALKED = ['docs/guide.md', 'docs/guide/rules.md', 'README.md']

/** Pages in which each block says what it is; those that are no `console` are for reading. */
const MARKED = ['README.md', 'docs/guide.md', 'docs/guide/rules.md']
const KINDS = ['console', 'text', 'conf', 'js', 'yaml']

/** A chapter of a page is read in minutes, and starts some thirty processes. Milliseconds. */
const CHAPTER_MS = 120_000

const pages = new Map(WALKED.map((page) => [page, readFileSync(join(ROOT, page), 'utf8')]))
const chapters = [...pages].flatMap(([page, text]) => chaptersOf(text).map((chapter) => ({ page, title: chapter.title, chapter })))

describe('who types what a page shows in a terminal sees what it shows:', () => {
  test.each(chapters)('$page, $title', async ({ chapter }) => {
    const scratch = await makeScratch()
    onTestFinished(() => { scratch.remove() })
    await walk(chapter, scratch)
  }, CHAPTER_MS)
})

describe.each(MARKED)('in %s', (page) => {
  const fences = fencesOf(pages.get(page) ?? '')

  test('each block says what it is', () => {
    expect(fences.filter(({ info }) => !KINDS.includes(info.split(' ')[0] ?? ''))).toEqual([])
  })

  test('each line of rules that is shown is one of a file in rules', () => {
    const rules = readdirSync(join(ROOT, 'rules'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.conf'))
      .flatMap((file) => readFileSync(join(ROOT, 'rules', file), 'utf8').split('\n'))
    const shown = fences.filter(({ info }) => info === 'conf').flatMap(({ text }) => text)
    expect(shown.filter((line) => !rules.includes(line))).toEqual([])
  })
})
