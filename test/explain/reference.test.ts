import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { PAGES } from '../../src/explain/pages.ts'
import { ROOT } from '../structure/imports.ts'
import { makeFolder, removeFolder } from '../support/temp-folder.ts'

const PAGE = join(ROOT, 'docs/reference.md')

test('the reference is what the tables say; `npm run reference` writes it anew', () => {
  const folder = makeFolder()
  onTestFinished(() => { removeFolder(folder) })
  const made = join(folder, 'reference.md')
  execFileSync(process.execPath, [join(ROOT, 'scripts/write-reference.mjs'), '--out', made])
  expect(readFileSync(PAGE, 'utf8')).toBe(readFileSync(made, 'utf8'))
}, 180_000)

test('the reference names everything that can be explained', () => {
  const text = readFileSync(PAGE, 'utf8')
  expect(PAGES.filter(({ name }) => !text.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([])
})

test('a table of the reference has as many cells in each row as its head', () => {
  const blocks = readFileSync(PAGE, 'utf8').replaceAll(/^```.*?^```$/gms, '').split('\n\n').filter(block => block.startsWith('| '))
  expect(blocks.length).toBeGreaterThan(4)
  for (const block of blocks) {
    const cells = block.split('\n').map(row => row.replaceAll(String.raw`\|`, '').split('|').length)
    expect(new Set(cells).size, block.split('\n')[0]).toBe(1)
  }
})
