import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { pageList, pageText } from '../../src/cli/page-text.ts'
import { PAGES } from '../../src/explain/pages.ts'

it('the list has every name', () => {
  const names = pageList({ colour: false }).split('\n').flatMap(line => line.startsWith('  ') ? line.trim().split(/, ?/) : [])
  expect(PAGES.map(({ name }) => name).filter(name => !names.includes(name))).toEqual([])
})

it('colours change nothing but the colour', () => {
  for (const page of PAGES) {
    const coloured = pageText(page, { colour: true })
    expect(coloured).toContain('\u001B[')
    expect(stripVTControlCharacters(coloured)).toBe(pageText(page, { colour: false }))
  }
})

it('no line of a page is wider than a terminal, but for what is to be copied', () => {
  const copied = new Set(PAGES.flatMap(({ examples }) => examples.flatMap(({ text }) => text.split('\n').map(line => `    ${line}`))))
  const wide = PAGES.flatMap(page => pageText(page, { colour: false }).split('\n')).filter(line => line.length > 100 && !copied.has(line))
  expect(wide).toEqual([])
})
