import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test, type TestContext } from 'vitest'
import { makeFolder, removeFolder } from '../support/temp-folder.ts'
import { startHookline, type HooklineProcess } from './hookline-process.ts'

// SPEC 4.4: a running broker takes over what is saved, however it is saved, with one report each.
// What is waited for is mostly silence, so the tests wait side by side.

/** Longer than a save may take to be noticed, grace and all: what has not come by then will not come. */
const QUIET_MS = 1_500

/** A program that needs no Redis and no port; each number makes it another one. */
function rules(number: number, ...lines: readonly string[]): string {
  return ['listener.tcp.external = off', 'listener.ws.external = off', `mqtt.max_inflight = ${number}`, ...lines, ''].join('\n')
}

interface Saved {
  readonly folder: string
  readonly file: string
  readonly broker: HooklineProcess
  /** The results since the last call, once the first is there and no other follows. */
  reports(): Promise<readonly string[]>
}

/** Where what is to be saved lies before; nobody watches it. */
const aside = makeFolder()
afterAll(() => { removeFolder(aside) })

/** A broker that runs on a file of a folder of its own; `read` names another path to start on. */
async function running({ onTestFinished }: TestContext, options: { readonly prepare?: (folder: string) => void, readonly read?: string, readonly env?: NodeJS.ProcessEnv } = {}): Promise<Saved> {
  const folder = makeFolder()
  const file = join(folder, 'rules.conf')
  if (options.prepare === undefined) writeFileSync(file, rules(1))
  else options.prepare(folder)
  const broker = startHookline(['start', join(folder, options.read ?? 'rules.conf')], options.env)
  onTestFinished(async () => {
    await broker.end()
    removeFolder(folder)
  })
  await broker.lines('ready', 1)
  let known = 0
  return {
    folder, file, broker,
    async reports() {
      await broker.lines('reload ', known + 1)
      await sleep(QUIET_MS)
      const all = await broker.lines('reload ', known + 1)
      const fresh = all.slice(known)
      known = all.length
      return fresh.map(({ msg }) => msg.slice('reload '.length))
    },
  }
}

function vim(file: string, text: string, ...settings: readonly string[]): void {
  const lines = text.trimEnd().split('\n').map(line => `'${line}'`).join(', ')
  execFileSync('vim', ['-N', '-u', 'NONE', '-i', 'NONE', '-es', ...settings.flatMap(setting => ['-c', `set ${setting}`]), '-c', `call setline(1, [${lines}])`, '-c', 'wq', file], { stdio: 'ignore' })
}

function elsewhere(text: string): string {
  const file = join(mkdtempSync(join(aside, 'save-')), 'new.conf')
  writeFileSync(file, text)
  return file
}

const WAYS: readonly (readonly [way: string, save: (file: string, text: string) => void])[] = [
  ['vim that writes a new file', (file, text) => { vim(file, text, 'backupcopy=no', 'writebackup') }],
  ['vim that writes in place', (file, text) => { vim(file, text, 'backupcopy=yes', 'writebackup') }],
  ['vim that keeps a backup, a swap file and its undos beside it', (file, text) => { vim(file, text, 'backupcopy=no', 'backup', 'swapfile', 'undofile') }],
  ['emacs, that locks, moves the old one away and writes a new one', (file, text) => {
    const lock = file.replace(/[^/]+$/, '.#$&')
    symlinkSync('somebody@here.1:1', lock)
    writeFileSync(file.replace(/[^/]+$/, '#$&#'), text)
    renameSync(file, `${file}~`)
    writeFileSync(file, text)
    unlinkSync(lock)
    unlinkSync(file.replace(/[^/]+$/, '#$&#'))
  }],
  ['nano and VS Code, that write in place', (file, text) => { writeFileSync(file, text) }],
  ['rsync, that renames a hidden file over it', (file, text) => {
    const hidden = file.replace(/[^/]+$/, '.$&.Xa81fQ')
    writeFileSync(hidden, text)
    renameSync(hidden, file)
  }],
  ['sed -i', (file, text) => { execFileSync('sed', ['-i', `s/^mqtt.max_inflight.*/${/mqtt.max_inflight.*/.exec(text)?.[0]}/`, file]) }],
  ['mv', (file, text) => { execFileSync('mv', [elsewhere(text), file]) }],
  ['cp', (file, text) => { execFileSync('cp', [elsewhere(text), file]) }],
  ['cp that removes it first', (file, text) => { execFileSync('cp', ['--remove-destination', elsewhere(text), file]) }],
]

// it takes the longest
test.concurrent('where the system has no watches left that is said once, and a save is found by looking', async (context) => {
  const { folder, broker } = await running(context, {
    prepare(at) {
      mkdirSync(join(at, 'more'))
      writeFileSync(join(at, 'more/more.conf'), '')
      writeFileSync(join(at, 'rules.conf'), rules(1, 'include more/more.conf'))
    },
    env: { NODE_OPTIONS: `--import=${new URL('no-watches.mjs', import.meta.url).href}` },
  })
  const since = Date.now()
  writeFileSync(join(folder, 'rules.conf'), rules(2, 'include more/more.conf'))
  await expect.poll(() => broker.stderr(), { timeout: 40_000 }).toContain('"msg":"reload applied"')
  expect(Date.now() - since).toBeLessThan(35_000)
  expect((await broker.lines('watching the rules files is hampered', 1)).map(({ level }) => level)).toEqual(['warn'])
}, 60_000)

test.concurrent.for(WAYS)('%s: each save is one report', async ([, save], context) => {
  const { file, reports } = await running(context)
  for (const number of [2, 3]) {
    save(file, rules(number))
    expect(await reports()).toEqual(['applied'])
  }
})

test.concurrent('what editors leave beside the rules of a folder is none of them, and no report', async (context) => {
  const { folder, broker, reports } = await running(context, { read: '.' })
  symlinkSync('somebody@here.1:1', join(folder, '.#rules.conf'))
  for (const name of ['4913', '.rules.conf.swp', '.hidden.conf', 'rules.conf~', '#rules.conf#', 'rules.conf.swp', 'rules.conf.bak']) writeFileSync(join(folder, name), 'nonsense\n')
  await sleep(QUIET_MS)
  broker.signal('SIGHUP')
  expect(await reports()).toEqual(['unchanged'])
})

test.concurrent('twenty quick saves come to the last one, with few reports', async (context) => {
  const { file, broker, reports } = await running(context)
  for (let number = 2; number <= 21; number++) {
    writeFileSync(file, rules(number))
    await sleep(20)
  }
  const results = await reports()
  expect(results.length).toBeLessThanOrEqual(3)
  broker.signal('SIGHUP')
  expect(await reports()).toEqual(['unchanged'])
})

test.concurrent('two files that are saved together are one report', async (context) => {
  const { folder, reports } = await running(context, { prepare: (at) => { writeFileSync(join(at, 'rules.conf'), rules(1, 'include more.conf')); writeFileSync(join(at, 'more.conf'), 'mqtt.max_mqueue_len = 1\n') } })
  writeFileSync(join(folder, 'more.conf'), 'mqtt.max_mqueue_len = 2\n')
  writeFileSync(join(folder, 'rules.conf'), rules(2, 'include more.conf'))
  expect(await reports()).toEqual(['applied'])
})

test.concurrent('each broken save is reported, and then the mended one', async (context) => {
  const { file, reports } = await running(context)
  for (const text of ['nonsense\n', 'more nonsense\n']) {
    writeFileSync(file, rules(1) + text)
    expect(await reports()).toEqual(['rejected'])
  }
  writeFileSync(file, rules(1))
  expect(await reports()).toEqual(['unchanged'])
})

test.concurrent('a file that is gone for seconds is reported once, and its return once', async (context) => {
  const { file, reports } = await running(context)
  unlinkSync(file)
  expect(await reports()).toEqual(['rejected'])
  writeFileSync(file, rules(2))
  expect(await reports()).toEqual(['applied'])
})

test.concurrent('a folder that is replaced by another is followed, and saves in it are one report each', async (context) => {
  const { folder, reports } = await running(context, { read: 'conf/rules.conf', prepare: (at) => { mkdirSync(join(at, 'conf')); writeFileSync(join(at, 'conf/rules.conf'), rules(1)) } })
  for (const number of [2, 4]) {
    mkdirSync(join(folder, 'new'))
    writeFileSync(join(folder, 'new/rules.conf'), rules(number))
    renameSync(join(folder, 'conf'), join(folder, `old-${number}`))
    renameSync(join(folder, 'new'), join(folder, 'conf'))
    expect(await reports()).toEqual(['applied'])
    writeFileSync(join(folder, 'conf/rules.conf'), rules(number + 1))
    expect(await reports()).toEqual(['applied'])
  }
})

test.concurrent('a ConfigMap with an include and a secret is one report for each swap, and one for several in a row', async (context) => {
  const publish = (at: string, version: number): void => {
    mkdirSync(join(at, `..v${version}`))
    writeFileSync(join(at, `..v${version}`, 'rules.conf'), rules(version, 'include more.conf', 'node.name = ${file:name}'))
    writeFileSync(join(at, `..v${version}`, 'more.conf'), `mqtt.max_mqueue_len = ${version}\n`)
    writeFileSync(join(at, `..v${version}`, 'name'), `n${version}\n`)
    symlinkSync(`..v${version}`, join(at, '..data_tmp'))
    renameSync(join(at, '..data_tmp'), join(at, '..data'))
    for (const name of readdirSync(at)) if (name.startsWith('..v') && name !== `..v${version}`) rmSync(join(at, name), { recursive: true })
  }
  const { folder, broker, reports } = await running(context, {
    prepare(at) {
      publish(at, 1)
      for (const name of ['rules.conf', 'more.conf', 'name']) symlinkSync(`..data/${name}`, join(at, name))
    },
  })
  for (const version of [2, 3]) {
    publish(folder, version)
    expect(await reports()).toEqual(['applied'])
  }
  for (const version of [4, 5, 6]) publish(folder, version)
  expect(await reports()).toEqual(['applied'])
  broker.signal('SIGHUP')
  expect(await reports()).toEqual(['unchanged'])
})

test.concurrent('a save and signals while a reload waits for a Redis are one more reload, of what is there then', async (context) => {
  const mute = createServer().listen(0, '127.0.0.1')
  await once(mute, 'listening')
  context.onTestFinished(() => { mute.close() })
  const { port } = mute.address() as AddressInfo // of a TCP server
  const { file, broker, reports } = await running(context)
  const asked = once(mute, 'connection')
  writeFileSync(file, rules(2, `backend.redis.pool1.server = 127.0.0.1:${port}`,
    'backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}'))
  await asked
  writeFileSync(file, rules(3))
  broker.signal('SIGHUP')
  broker.signal('SIGHUP')
  expect(await reports()).toEqual(['rejected', 'applied'])
})
