import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { fingerprint, readSources } from '../../src/server/sources.ts'
import { tempFolder } from './temp-folder.ts'

test('the files are read in the order in which they are named, under these names', async () => {
  const folder = tempFolder()
  const files = ['b.conf', 'a.conf'].map(name => join(folder, name))
  for (const file of files) writeFileSync(file, `# ${file}\n`)
  expect(await readSources(files)).toEqual({ readable: true, sources: files.map(name => ({ name, text: `# ${name}\n` })) })
})

test('one file that is not there makes all unreadable', async () => {
  const file = join(tempFolder(), 'a.conf')
  writeFileSync(file, 'a = 1\n')
  expect(await readSources([file, `${file}.missing`])).toEqual({ readable: false, file: `${file}.missing`, reason: 'no such file' })
})

test('a file that is being written is read when it has come to rest', async () => {
  const file = join(tempFolder(), 'a.conf')
  writeFileSync(file, 'a')
  const reading = readSources([file])
  for (const text of ['ab', 'abc', 'abcd']) {
    await sleep(5)
    writeFileSync(file, text)
  }
  expect(await reading).toEqual({ readable: true, sources: [{ name: file, text: 'abcd' }] })
})

test('a fingerprint tells a text from another, a name from another, and trouble from emptiness', () => {
  const prints = [
    fingerprint({ readable: true, sources: [{ name: 'a', text: '' }] }),
    fingerprint({ readable: true, sources: [{ name: 'a', text: 'x' }] }),
    fingerprint({ readable: true, sources: [{ name: 'b', text: 'x' }] }),
    fingerprint({ readable: false, file: 'a', reason: 'no such file' }),
  ]
  expect(new Set(prints).size).toBe(prints.length)
})
