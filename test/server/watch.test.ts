import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi, type TestContext } from 'vitest'
import { withIncluded } from '../../src/diagnostic/source.ts'
import type { Snapshot } from '../../src/engine/reload-ports.ts'
import { readSources } from '../../src/server/sources.ts'
import { watchFiles } from '../../src/server/watch.ts'
import { silentLog } from './silent-log.ts'
import { tempFolder } from './temp-folder.ts'

// Each test has a folder and a watch of its own, and they wait side by side.

/** Longer than a save may take to be noticed, grace and all: what has not come by then will not come. */
const QUIET_MS = 1_000

test.concurrent('a write in place is one change', async (context) => {
  const { file, saves } = await watched(context)
  writeFileSync(file, 'b = 2\n')
  expect(await saves()).toEqual(['b = 2\n'])
})

test.concurrent('a file that grows in steps is one change, when it is complete', async (context) => {
  const { file, saves } = await watched(context)
  for (let step = 1; step <= 5; step += 1) {
    writeFileSync(file, 'b = 2\n'.repeat(step))
    await sleep(60)
  }
  expect(await saves()).toEqual(['b = 2\n'.repeat(5)])
})

test.concurrent('a file renamed over the old one is one change, and so is the next', async (context) => {
  const { folder, file, saves } = await watched(context)
  for (const text of ['b = 2\n', 'c = 3\n']) {
    writeFileSync(join(folder, 'rules.conf~'), text)
    renameSync(join(folder, 'rules.conf~'), file)
    expect(await saves()).toEqual([text])
  }
})

test.concurrent('a file removed and made anew is one change', async (context) => {
  const { file, saves } = await watched(context)
  unlinkSync(file)
  await sleep(300)
  writeFileSync(file, 'b = 2\n')
  expect(await saves()).toEqual(['b = 2\n'])
})

test.concurrent('a file emptied and then written is one change', async (context) => {
  const { file, saves } = await watched(context)
  writeFileSync(file, '')
  await sleep(300)
  writeFileSync(file, 'b = 2\n')
  expect(await saves()).toEqual(['b = 2\n'])
})

test.concurrent('a file that stays gone is told once, and its return once', async (context) => {
  const { file, saves } = await watched(context)
  unlinkSync(file)
  expect(await saves()).toEqual(['no such file'])
  writeFileSync(file, 'a = 1\n')
  expect(await saves()).toEqual(['a = 1\n'])
})

test.concurrent('a save with the same content is no change', async (context) => {
  const { file, changes } = await watched(context)
  writeFileSync(file, 'a = 1\n')
  await sleep(QUIET_MS)
  expect(changes).toEqual([])
})

test.concurrent('a Kubernetes ConfigMap swap of the ..data link is one change, and so is the next', async (context) => {
  const folder = tempFolder(context)
  publishVersion(folder, 1, 'a = 1\n')
  symlinkSync('..data/rules.conf', join(folder, 'rules.conf'))
  const { saves } = await watched(context, join(folder, 'rules.conf'))
  for (const version of [2, 3]) {
    publishVersion(folder, version, `a = ${version}\n`)
    rmSync(join(folder, `..v${version - 1}`), { recursive: true })
    expect(await saves()).toEqual([`a = ${version}\n`])
  }
})

test.concurrent('a file behind a link is watched where it is, also when the link is pointed elsewhere', async (context) => {
  const first = join(tempFolder(context), 'first.conf')
  const second = join(tempFolder(context), 'second.conf')
  const folder = tempFolder(context)
  const link = join(folder, 'rules.conf')
  writeFileSync(first, 'a = 1\n')
  writeFileSync(second, 'b = 2\n')
  symlinkSync(first, link)
  const { saves } = await watched(context, link)
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

test.concurrent('what changed before the watch was there is noticed', async (context) => {
  const file = join(tempFolder(context), 'rules.conf')
  writeFileSync(file, 'b = 2\n')
  const { saves } = await watched(context, file, { readable: true, sources: [{ name: file, text: 'a = 1\n' }] })
  expect(await saves()).toEqual(['b = 2\n'])
})

test.concurrent('a change of an included file is one change, also of one that is included since', async (context) => {
  const { folder, file, saves } = await watched(context, { 'more/a.conf': 'a = 1\n', 'more/b.conf': 'b = 1\n', 'rules.conf': 'include more/a.conf\n' })
  writeFileSync(join(folder, 'more/a.conf'), 'a = 2\n')
  expect(await saves()).toEqual(['include more/a.conf\na = 2\n'])
  writeFileSync(file, 'include more/b.conf\n')
  expect(await saves()).toEqual(['include more/b.conf\nb = 1\n'])
  writeFileSync(join(folder, 'more/b.conf'), 'b = 2\n')
  expect(await saves()).toEqual(['include more/b.conf\nb = 2\n'])
})

test.concurrent('an included file that comes, goes and comes back is one change each', async (context) => {
  const { folder, saves } = await watched(context, { 'rules.conf': 'include more/a.conf\n' })
  mkdirSync(join(folder, 'more'))
  writeFileSync(join(folder, 'more/a.conf'), 'a = 1\n')
  expect(await saves()).toEqual(['include more/a.conf\na = 1\n'])
  rmSync(join(folder, 'more/a.conf'))
  expect(await saves()).toEqual(['include more/a.conf\n'])
  writeFileSync(join(folder, 'more/a.conf'), 'a = 2\n')
  expect(await saves()).toEqual(['include more/a.conf\na = 2\n'])
})

test.concurrent('an included file that is saved by removal is one change', async (context) => {
  const { folder, saves } = await watched(context, { 'a.conf': 'a = 1\n', 'rules.conf': 'include a.conf\n' })
  unlinkSync(join(folder, 'a.conf'))
  await sleep(300)
  writeFileSync(join(folder, 'a.conf'), 'a = 2\n')
  expect(await saves()).toEqual(['include a.conf\na = 2\n'])
})

test.concurrent('a new file that a pattern matches is a change, in a folder that is there, in a new one and in one made anew', async (context) => {
  const { folder, saves } = await watched(context, { 'conf.d/a.conf': 'a = 1\n', 'rules.conf': 'include conf.d/**/*.conf\n' })
  writeFileSync(join(folder, 'conf.d/b.conf'), 'b = 1\n')
  expect(await saves()).toEqual(['include conf.d/**/*.conf\na = 1\nb = 1\n'])
  mkdirSync(join(folder, 'conf.d/new'))
  await sleep(300)
  writeFileSync(join(folder, 'conf.d/new/c.conf'), 'c = 1\n')
  expect(await saves()).toEqual(['include conf.d/**/*.conf\na = 1\nb = 1\nc = 1\n'])
  rmSync(join(folder, 'conf.d'), { recursive: true })
  expect(await saves()).toEqual(['include conf.d/**/*.conf\n'])
  mkdirSync(join(folder, 'conf.d'))
  await sleep(300)
  writeFileSync(join(folder, 'conf.d/d.conf'), 'd = 1\n')
  expect(await saves()).toEqual(['include conf.d/**/*.conf\nd = 1\n'])
})

test.concurrent('a new file in a folder that is read as one is a change', async (context) => {
  const folder = tempFolder(context)
  writeFileSync(join(folder, 'a.conf'), 'a = 1\n')
  const { saves } = await watched(context, folder)
  writeFileSync(join(folder, 'b.txt'), 'no rules\n')
  writeFileSync(join(folder, 'b.conf'), 'b = 1\n')
  expect(await saves()).toEqual(['a = 1\nb = 1\n'])
})

test.concurrent('a secret that is rotated by a swap of links is one change, and so is the next', async (context) => {
  const folder = tempFolder(context)
  publishVersion(folder, 1, 'one', 'password')
  symlinkSync('..data/password', join(folder, 'password'))
  const rules = join(tempFolder(context), 'rules.conf')
  writeFileSync(rules, `backend.redis.pool1.password = \${file:${join(folder, 'password')}}\n`)
  const { snapshots, saves } = await watched(context, rules)
  for (const version of [2, 3]) {
    publishVersion(folder, version, `secret ${version}`, 'password')
    rmSync(join(folder, `..v${version - 1}`), { recursive: true })
    expect(await saves()).toHaveLength(1)
    expect(JSON.stringify(snapshots.at(-1))).toContain(`"value":"secret ${version}"`)
  }
})

/** As the kubelet does: a new folder, and `..data` renamed over the old link. */
function publishVersion(folder: string, version: number, text: string, name = 'rules.conf'): void {
  mkdirSync(join(folder, `..v${version}`))
  writeFileSync(join(folder, `..v${version}`, name), text)
  symlinkSync(`..v${version}`, join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
}

interface Watched {
  readonly folder: string
  readonly file: string
  /** What was seen at each change: the text, or why there is none. */
  readonly changes: string[]
  readonly snapshots: readonly Snapshot[]
  /** The changes since the last call, once the first is there and no other follows. */
  saves(): Promise<string[]>
}

/** Watches the path that is given, or `rules.conf` among files that it makes. */
async function watched(context: TestContext, given: string | Readonly<Record<string, string>> = { 'rules.conf': 'a = 1\n' }, loaded?: Snapshot): Promise<Watched> {
  const folder = tempFolder(context)
  const file = typeof given === 'string' ? given : join(folder, 'rules.conf')
  for (const [name, text] of typeof given === 'string' ? [] : Object.entries(given)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const snapshots: Snapshot[] = []
  let seen = loaded ?? await readSources([file])
  const changes: string[] = []
  const watch = await watchFiles({
    files: [file],
    read: () => readSources([file]),
    seen: () => seen,
    async onChange() {
      seen = await readSources([file])
      snapshots.push(seen)
      changes.push(seen.readable ? withIncluded(seen.sources).map(source => source.text).join('') : seen.reason)
    },
    log: silentLog,
    times: { graceMs: 500 },
  })
  context.onTestFinished(() => watch.close())
  return {
    folder,
    file,
    changes,
    snapshots,
    async saves() {
      await vi.waitFor(() => { expect(changes).not.toHaveLength(0) }, 5_000)
      await sleep(QUIET_MS)
      return changes.splice(0)
    },
  }
}
