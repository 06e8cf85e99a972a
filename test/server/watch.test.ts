import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Snapshot } from '../../src/engine/reload-ports.ts'
import { readSources } from '../../src/server/sources.ts'
import { watchFiles } from '../../src/server/watch.ts'
import { silentLog } from './silent-log.ts'
import { tempFolder } from './temp-folder.ts'

/** Longer than a save may take to be noticed, grace and all: what has not come by then will not come. */
const QUIET_MS = 1_000

test('a write in place is one change', async () => {
  const { file, saves } = await watched()
  writeFileSync(file, 'b = 2\n')
  expect(await saves()).toEqual(['b = 2\n'])
})

test('a file that grows in steps is one change, when it is complete', async () => {
  const { file, saves } = await watched()
  for (let step = 1; step <= 5; step += 1) {
    writeFileSync(file, 'b = 2\n'.repeat(step))
    await sleep(60)
  }
  expect(await saves()).toEqual(['b = 2\n'.repeat(5)])
})

test('a file renamed over the old one is one change, and so is the next', async () => {
  const { folder, file, saves } = await watched()
  for (const text of ['b = 2\n', 'c = 3\n']) {
    writeFileSync(join(folder, 'rules.conf~'), text)
    renameSync(join(folder, 'rules.conf~'), file)
    expect(await saves()).toEqual([text])
  }
})

test('a file removed and made anew is one change', async () => {
  const { file, saves } = await watched()
  unlinkSync(file)
  await sleep(300)
  writeFileSync(file, 'b = 2\n')
  expect(await saves()).toEqual(['b = 2\n'])
})

test('a file emptied and then written is one change', async () => {
  const { file, saves } = await watched()
  writeFileSync(file, '')
  await sleep(300)
  writeFileSync(file, 'b = 2\n')
  expect(await saves()).toEqual(['b = 2\n'])
})

test('a file that stays gone is told once, and its return once', async () => {
  const { file, saves } = await watched()
  unlinkSync(file)
  expect(await saves()).toEqual(['no such file'])
  writeFileSync(file, 'a = 1\n')
  expect(await saves()).toEqual(['a = 1\n'])
})

test('a save with the same content is no change', async () => {
  const { file, changes } = await watched()
  writeFileSync(file, 'a = 1\n')
  await sleep(QUIET_MS)
  expect(changes).toEqual([])
})

test('a Kubernetes ConfigMap swap of the ..data link is one change, and so is the next', async () => {
  const folder = tempFolder()
  publishVersion(folder, 1, 'a = 1\n')
  symlinkSync('..data/rules.conf', join(folder, 'rules.conf'))
  const { saves } = await watched(join(folder, 'rules.conf'))
  for (const version of [2, 3]) {
    publishVersion(folder, version, `a = ${version}\n`)
    rmSync(join(folder, `..v${version - 1}`), { recursive: true })
    expect(await saves()).toEqual([`a = ${version}\n`])
  }
})

test('a file behind a link is watched where it is, also when the link is pointed elsewhere', async () => {
  const first = join(tempFolder(), 'first.conf')
  const second = join(tempFolder(), 'second.conf')
  const folder = tempFolder()
  const link = join(folder, 'rules.conf')
  writeFileSync(first, 'a = 1\n')
  writeFileSync(second, 'b = 2\n')
  symlinkSync(first, link)
  const { saves } = await watched(link)
  for (const text of ['a = 2\n', 'a = 3\n']) {
    writeFileSync(first, text)
    expect(await saves()).toEqual([text])
  }
  symlinkSync(second, join(folder, 'new'))
  renameSync(join(folder, 'new'), link)
  expect(await saves()).toEqual(['b = 2\n'])
  for (const text of ['b = 3\n', 'b = 4\n']) {
    writeFileSync(second, text)
    expect(await saves()).toEqual([text])
  }
})

test('what changed before the watch was there is noticed', async () => {
  const file = join(tempFolder(), 'rules.conf')
  writeFileSync(file, 'b = 2\n')
  const { saves } = await watched(file, { readable: true, sources: [{ name: file, text: 'a = 1\n' }] })
  expect(await saves()).toEqual(['b = 2\n'])
})

/** As the kubelet does: a new folder, and `..data` renamed over the old link. */
function publishVersion(folder: string, version: number, text: string): void {
  mkdirSync(join(folder, `..v${version}`))
  writeFileSync(join(folder, `..v${version}`, 'rules.conf'), text)
  symlinkSync(`..v${version}`, join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
}

interface Watched {
  readonly folder: string
  readonly file: string
  /** What was seen at each change: the text, or why there is none. */
  readonly changes: string[]
  /** The changes since the last call, once the first is there and no other follows. */
  saves(): Promise<string[]>
}

async function watched(given?: string, loaded?: Snapshot): Promise<Watched> {
  const folder = tempFolder()
  const file = given ?? join(folder, 'rules.conf')
  if (given === undefined) writeFileSync(file, 'a = 1\n')
  let seen = loaded ?? await readSources([file])
  const changes: string[] = []
  const watch = await watchFiles({
    files: [file],
    read: () => readSources([file]),
    seen: () => seen,
    async onChange() {
      seen = await readSources([file])
      changes.push(seen.readable ? seen.sources.map(source => source.text).join('') : seen.reason)
    },
    log: silentLog,
    times: { graceMs: 500 },
  })
  onTestFinished(() => watch.close())
  return {
    folder,
    file,
    changes,
    async saves() {
      await vi.waitFor(() => { expect(changes).not.toHaveLength(0) }, 5_000)
      await sleep(QUIET_MS)
      return changes.splice(0)
    },
  }
}
