import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { withIncluded, type Source } from '../../src/diagnostic/source.ts'
import { fingerprint, readPrograms, readSources, type ReadOptions } from '../../src/server/sources.ts'
import { tempFolder } from './temp-folder.ts'

test('the files are read in the order in which they are named, under these names', async () => {
  const folder = tempFolder()
  const files = ['b.conf', 'a.conf'].map(name => join(folder, name))
  for (const file of files) writeFileSync(file, `# ${file}\n`)
  expect(await readSources(files)).toMatchObject({ readable: true, sources: files.map(name => ({ name, text: `# ${name}\n` })) })
})

test('one file that is not there makes all unreadable', async () => {
  const file = join(tempFolder(), 'a.conf')
  writeFileSync(file, 'a = 1\n')
  expect(await readSources([file, `${file}.missing`])).toMatchObject({ readable: false, file: `${file}.missing`, reason: 'no such file' })
})

test.each(['include pipe', 'include pip?'])('what is included and is no file is not waited for: %s', async (line) => {
  const file = join(tempFolder(), 'a.conf')
  const pipe = join(dirname(file), 'pipe')
  execFileSync('mkfifo', [pipe])
  symlinkSync('pipe', join(dirname(file), 'pipa'))
  writeFileSync(file, `${line}\n`)
  const read = readSources([file])
  // a deadline, which nobody waits for who reads it right
  const first = await Promise.race([read, sleep(10_000)])
  // whoever waits for it all the same goes on
  if (first === undefined) closeSync(openSync(pipe, constants.O_RDWR))
  expect(first).toMatchObject({ readable: true, sources: [{ includes: [{ kind: 'missing', reason: 'it is no file' }] }] })
})

test('a file that is being written is read when it has come to rest', async () => {
  const file = join(tempFolder(), 'a.conf')
  writeFileSync(file, 'a')
  const reading = readSources([file])
  for (const text of ['ab', 'abc', 'abcd']) {
    await sleep(5)
    writeFileSync(file, text)
  }
  expect(await reading).toMatchObject({ readable: true, sources: [{ name: file, text: 'abcd' }] })
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

/** Writes the files and returns the folder that they are in; a text that begins with `->` is a link. */
function files(texts: Readonly<Record<string, string | Buffer>>): string {
  const folder = tempFolder()
  for (const [name, text] of Object.entries(texts)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    if (typeof text === 'string' && text.startsWith('->')) symlinkSync(text.slice(2), path)
    else writeFileSync(path, text)
  }
  return folder
}

async function sourcesOf(paths: readonly string[], options: ReadOptions = { env: {} }): Promise<readonly Source[]> {
  const snapshot = await readSources(paths, options)
  if (!snapshot.readable) throw new Error(snapshot.reason)
  return snapshot.sources
}

/** The names of all that was read, as from the folder. */
async function namesRead(folder: string, file = 'main.conf'): Promise<string[]> {
  return withIncluded(await sourcesOf([join(folder, file)])).map(({ name }) => name.slice(folder.length + 1))
}

async function checksOf(paths: readonly string[], options?: ReadOptions): Promise<string[]> {
  return compile(await sourcesOf(paths, options)).diagnostics.map(({ check }) => check)
}

const SERVER = 'backend.redis.pool1.server = '
const rule = (number: number, topic: string) =>
  `backend.redis.hook.message.publish.${number} = {"topic": "${topic}", "action": {"commands": ["INCR n"]}, "pool": "pool1"}\n`

describe('an include', () => {
  test('is relative to the file that it stands in, wherever that is included from', async () => {
    const folder = files({ 'main.conf': 'include deep/a.conf\n', 'deep/a.conf': 'include b.conf\n', 'deep/b.conf': '' })
    expect(await namesRead(folder)).toEqual(['main.conf', 'deep/a.conf', 'deep/b.conf'])
  })

  test('of a pattern reads what matches, sorted, without hidden files and without the file that it stands in', async () => {
    const folder = files({ 'main.conf': 'include *.conf\ninclude d/*/*.conf\n', 'b.conf': '', 'a.conf': '', '.c.conf': '', 'd/2/x.conf': '', 'd/1/y.conf': '', 'd/z.conf': '' })
    expect(await namesRead(folder)).toEqual(['main.conf', 'a.conf', 'b.conf', 'd/1/y.conf', 'd/2/x.conf'])
  })

  test('of a name that looks like a pattern and is a file reads the file', async () => {
    expect(await namesRead(files({ 'main.conf': 'include [a].conf\n', '[a].conf': '', 'a.conf': '' }))).toEqual(['main.conf', '[a].conf'])
  })

  test('of a folder whose links lead back into it ends, each file read once', async () => {
    const folder = files({ 'main.conf': 'include d/**/*.conf\n', 'd/a.conf': '', 'd/loop': '->.', 'd/twin.conf': '->a.conf' })
    expect(await namesRead(folder)).toEqual(['main.conf', 'd/a.conf'])
  })

  test('puts the lines in its place: the last with a key counts, at the place of the first', async () => {
    const folder = files({
      'main.conf': `${SERVER}first\ninclude more.conf\nbackend.redis.pool3.server = third\n`,
      'more.conf': `backend.redis.pool2.server = second\n${SERVER}last\n${rule(1, 'a')}`,
    })
    const { program } = compile(await sourcesOf([join(folder, 'main.conf')]))
    expect([...program?.pools.values() ?? []].map(({ name, server }) => [name, server])).toEqual([
      ['pool1', [{ host: 'last', port: 6379 }]], ['pool2', [{ host: 'second', port: 6379 }]], ['pool3', [{ host: 'third', port: 6379 }]],
    ])
    expect(program?.steps['message.publish'][0]?.at).toEqual({ file: join(folder, 'more.conf'), line: 3 })
  })

  test('through a link to a file that is being read is a cycle too', async () => {
    const folder = files({ 'main.conf': 'include a.conf\n', 'a.conf': 'include b.conf\n', 'b.conf': 'include link.conf\n', 'link.conf': '->main.conf' })
    const { diagnostics } = compile(await sourcesOf([join(folder, 'main.conf')]))
    expect(diagnostics.map(({ check, message }) => [check, message.replaceAll(`${folder}/`, '')])).toEqual([
      ['include-cycle', '`link.conf` includes itself through `a.conf` and `b.conf`'],
    ])
  })

  test('of files that double with each step ends, with a finding', async () => {
    const texts = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}.conf`, `include ${i + 1}.conf\ninclude ./${i + 1}.conf\n`]))
    const folder = files({ ...texts, '30.conf': '' })
    expect(await checksOf([join(folder, '0.conf')])).toContain('include-missing')
  })

  test('twice of one file has its findings once', async () => {
    const folder = files({ 'main.conf': 'include a.conf\ninclude a.conf\n', 'a.conf': `${SERVER}h\n${rule(1, 'a')}nonsense\n` })
    expect(await checksOf([join(folder, 'main.conf')])).toEqual(['syntax'])
  })
})

describe('a folder', () => {
  test('is read as one, sorted, hidden files left out, what is included only where it is included', async () => {
    const folder = files({ '2.conf': 'include parts/*.conf\n', '1.conf': '', 'parts/a.conf': '', 'parts/b.txt': '', '.3.conf': '', '..data/1.conf': '' })
    expect((await sourcesOf([folder])).map(({ name }) => name)).toEqual([join(folder, '1.conf'), join(folder, '2.conf')])
  })

  test('of files that include each other has the first of them', async () => {
    const folder = files({ 'a.conf': 'include b.conf\n', 'b.conf': 'include a.conf\n' })
    expect((await sourcesOf([folder])).map(({ name }) => name)).toEqual([join(folder, 'a.conf')])
    expect(await checksOf([folder])).toEqual(['include-cycle'])
  })

  test('without rules files cannot be read', async () => {
    const folder = files({ 'a.txt': '' })
    expect(await readSources([folder])).toMatchObject({ readable: false, file: folder, reason: 'it is a folder, and has no *.conf' })
  })

  test('a file that is named is one even where another includes it', async () => {
    const folder = files({ 'a.conf': 'include b.conf\n', 'b.conf': '' })
    const read = await readPrograms([folder, join(folder, 'b.conf')], { overrides: false, stdin: undefined })
    expect(read.ok && read.programs.map(([source]) => source?.name)).toEqual([join(folder, 'a.conf'), join(folder, 'b.conf')])
  })
})

describe('a reference', () => {
  const pool = async (folder: string, env: NodeJS.ProcessEnv = {}) => compile(await sourcesOf([join(folder, 'main.conf')], { env })).program?.pools.get('pool1')

  test('is filled in, several in a value, from variables and from files beside the file', async () => {
    const folder = files({
      'main.conf': 'include deep/a.conf\n', 'deep/pw': 's3 cret\r\n',
      'deep/a.conf': `${SERVER}\${env:HOST}:\${env:PORT}\nbackend.redis.pool1.password = <\${file:pw}>\nbackend.redis.pool1.channel = \${env:HOST}-\${env:HOST}\n`,
    })
    expect(await pool(folder, { HOST: 'redis', PORT: '7000' })).toMatchObject({
      server: [{ host: 'redis', port: 7000 }], password: '<s3 cret>', channel: 'redis-redis',
    })
  })

  test('loses one end of line of its file, and no more', async () => {
    const folder = files({ 'main.conf': `${SERVER}h\nbackend.redis.pool1.password = \${file:pw}\n`, 'pw': 'a\n\n' })
    expect(await checksOf([join(folder, 'main.conf')])).toEqual(['bad-value'])
  })

  test.each([
    ['a folder', { 'pw/x': '' }], ['too long a file', { pw: 'x'.repeat(70_000) }], ['a file that is no UTF-8', { pw: Buffer.from([0xE9]) }], ['a link to nowhere', { pw: '->nowhere' }],
  ])('to %s is said', async (_, texts) => {
    const folder = files({ 'main.conf': `${SERVER}h\nbackend.redis.pool1.password = \${file:pw}\n`, ...texts })
    expect(await checksOf([join(folder, 'main.conf')])).toEqual(['file-missing'])
  })

  test('to what every object has is a variable that is not set', async () => {
    const folder = files({ 'main.conf': 'node.name = ${env:constructor}\n' })
    expect(await checksOf([join(folder, 'main.conf')])).toEqual(['env-unset'])
  })

  test('that is not set may be a warning; then there is no program, and no other finding', async () => {
    const folder = files({ 'main.conf': `${SERVER}\${env:HOST}\nbackend.redis.pool1.pool_size = \${env:N}\n${rule(1, 'a')}` })
    const { program, diagnostics } = compile(await sourcesOf([join(folder, 'main.conf')]), { unsetEnv: 'warning' })
    expect(program).toBe(undefined)
    expect(diagnostics.map(({ check, severity }) => `${check} ${severity}`)).toEqual(['env-unset warning', 'env-unset warning'])
  })

  test('changes the hash of the program and the fingerprint with what it stands for', async () => {
    const folder = files({ 'main.conf': `${SERVER}h\nbackend.redis.pool1.password = \${file:pw}\n`, 'pw': 'a' })
    const read = async () => {
      const snapshot = await readSources([join(folder, 'main.conf')])
      return [fingerprint(snapshot), snapshot.readable && compile(snapshot.sources).program?.hash]
    }
    const before = await read()
    writeFileSync(join(folder, 'pw'), 'b')
    const after = await read()
    expect(after[0]).not.toBe(before[0])
    expect(after[1]).not.toBe(before[1])
  })
})

describe('the environment', () => {
  const main = `${SERVER}file\nbackend.redis.pool1.channel = file\n${rule(1, 'file')}${rule(2, 'file')}`
  const compiled = async (env: NodeJS.ProcessEnv, text = main) => compile(await sourcesOf([join(files({ 'main.conf': text }), 'main.conf')], { env }))

  test('is read after the files: it sets settings and rules, each at the place of its line', async () => {
    const { program, diagnostics } = await compiled({
      EMQX_BACKEND__REDIS__POOL1__SERVER: 'env:7000',
      HOOKLINE_BACKEND__REDIS__POOL2__SERVER: 'two',
      EMQX_BACKEND__REDIS__HOOK__MESSAGE__PUBLISH__1: '{"topic": "env",\n "action": {"commands": ["INCR n"]}, "pool": "pool2"}\n',
    })
    expect(diagnostics).toEqual([])
    expect(program?.pools.get('pool1')).toMatchObject({ server: [{ host: 'env', port: 7000 }], channel: 'file', at: { file: 'env', line: 2 } })
    expect(program?.steps['message.publish'].map(({ filter, pool, at }) => [filter, pool, at.line])).toEqual([['env', 'pool2', 1], ['file', 'pool1', 4]])
  })

  test('removes what an empty variable names, rules by any name of their hook', async () => {
    const { program } = await compiled(
      { HOOKLINE_BACKEND__REDIS__POOL1__CHANNEL: '', EMQX_BACKEND__REDIS__HOOK__MESSAGE__DELIVER__1: '' },
      main.replace('message.publish.1', 'message.delivered.1'))
    expect(program?.pools.get('pool1')?.channel).toBe('mqtt_channel')
    expect(program?.steps['message.delivered']).toEqual([])
    expect(program?.steps['message.publish']).toHaveLength(1)
  })

  test('takes the variable with our prefix, an empty one too', async () => {
    const { program } = await compiled({
      EMQX_BACKEND__REDIS__POOL1__SERVER: 'emqx', HOOKLINE_BACKEND__REDIS__POOL1__SERVER: 'ours',
      EMQX_BACKEND__REDIS__POOL1__CHANNEL: 'emqx', HOOKLINE_BACKEND__REDIS__POOL1__CHANNEL: '',
    })
    expect(program?.pools.get('pool1')).toMatchObject({ server: [{ host: 'ours', port: 6379 }], channel: 'mqtt_channel' })
  })

  test('has variables that are no settings', async () => {
    expect((await sourcesOf([join(files({ 'main.conf': main }), 'main.conf')], { env: {
      HOOKLINE_LOG_LEVEL: 'debug', EMQX_HOME: '/opt', EMQX_SERVICE_PORT_1883_TCP: 'x', HOOKLINE___X: 'x', 'EMQX_A__B()': 'x', PATH: '/bin', XEMQX_A__B: 'x',
    } })).map(({ name }) => name)).toHaveLength(1)
  })

  test("of a setting of EMQ X's makes a warning, of an unknown one of ours an error, and keeps their values to itself", async () => {
    const { diagnostics } = await compiled({ EMQX_NODE__COOKIE: 'hunter2', EMQX_FOO__BAR: 'hunter2\n\0', EMQX_BACKEND__REDIS__POOL1__SEVER: 'x', HOOKLINE_BACKEND__REDIS__POOL1__SEVER: 'hunter2' })
    expect(diagnostics.filter(({ span }) => span.file === 'env').map(({ check, severity, span }) => [check, severity, span.file])).toEqual([
      ['foreign-setting', 'warning', 'env'], ['foreign-setting', 'warning', 'env'], ['unknown-setting', 'error', 'env'],
    ])
    const sources = await sourcesOf([join(files({ 'main.conf': main }), 'main.conf')], { env: { EMQX_NODE__COOKIE: 'hunter2' } })
    expect(JSON.stringify(sources)).not.toContain('hunter2')
  })

  test('has the mistakes that a line has, at their place in the variable', async () => {
    const { diagnostics } = await compiled({ HOOKLINE_BACKEND__REDIS__POOL1__POOL_SIZE: 'many', EMQX_BACKEND__REDIS__POOL1__CHANNEL: 'a\nb = c' })
    expect(diagnostics.filter(({ span }) => span.file === 'env').map(({ check, span }) => [check, span.file, span.start.line, span.start.column])).toEqual([
      ['syntax', 'env', 1, 38], ['bad-value', 'env', 2, 43],
    ])
  })

  test('may hold references', async () => {
    const { program } = await compiled({ HOOKLINE_BACKEND__REDIS__POOL1__PASSWORD: '${env:PW}', PW: 'secret' })
    expect(program?.pools.get('pool1')?.password).toBe('secret')
  })

  test('is left out where it is not asked for', async () => {
    const file = join(files({ 'main.conf': main }), 'main.conf')
    expect(await sourcesOf([file], { env: { HOOKLINE_BACKEND__REDIS__POOL1__SERVER: 'x' }, overrides: false })).toHaveLength(1)
  })
})
