import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { usedPools } from '../../src/engine/used-pools.ts'
import type { PoolSpec, Program } from '../../src/plan/program.ts'
import { coverage, runFile } from '../../src/simulate/rule-test/run-file.ts'
import { testFileSchema, type TestFile } from '../../src/simulate/rule-test/scenario.ts'
import { readDocument, readTests } from '../../src/simulate/rule-test/test-document.ts'
import { updated } from '../../src/simulate/rule-test/update.ts'
import { poolSpec } from '../store/pool-kit.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'
import { ROOT } from '../structure/imports.ts'

const RULES = readdirSync(join(ROOT, 'rules'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.conf')).map((file) => file.replace(/\.conf$/, '')).sort()

let redis: RedisServer
beforeAll(async () => { redis = await startRedis() })
afterAll(() => redis.stop())

function testText(name: string): string {
  return readFileSync(join(ROOT, 'rules', `${name}.test.yaml`), 'utf8')
}

interface Tests {
  readonly file: TestFile
  readonly program: Program
  readonly pools: readonly PoolSpec[]
}

function testsOf(text: string, rules: string): Tests {
  const { program } = compile([{ name: 'rules.conf', text: rules }])
  if (program === undefined) throw new Error('the rules have errors')
  return testsOfProgram(text, program)
}

function testsOfProgram(text: string, program: Program): Tests {
  const pools = usedPools(program)
  const { file, findings } = readTests(readDocument({ name: 'rules.test.yaml', text }), pools.map(({ name }) => name))
  if (file === undefined) throw new Error(JSON.stringify(findings))
  return { file, program, pools }
}

function rulesText(name: string): string {
  return readFileSync(join(ROOT, 'rules', `${name}.conf`), 'utf8')
}

function play({ file, program, pools }: Tests, onRedis: boolean) {
  const specs = new Map(pools.map(({ name }, i) => [name, poolSpec(redis.port, { name, database: i })]))
  return runFile(file, { program, pools: pools.map(({ name }) => name), redis: onRedis ? { specs, besideOthers: false } : undefined })
}

describe.each(RULES)('rules/%s.conf', (name) => {
  test('does what its tests say, in memory and in Redis, which is empty after', async () => {
    const tests = testsOf(testText(name), rulesText(name))
    const reports = await play(tests, true)
    expect(reports.flatMap(({ failures, real, notes }) => [...failures, ...real, ...notes])).toEqual([])
    expect(await redis.client.keys('*')).toEqual([])
    const hit = new Set(reports.flatMap(({ result }) => [...result.hit]))
    expect(coverage([{ program: tests.program, hit }]).missed.map(({ hook, number }) => `${hook}.${number}`)).toEqual([])
  })

  test('has no expectation that can be left unfulfilled: each that is changed fails', async () => {
    const tests = testsOf(testText(name), rulesText(name))
    for (const wrong of changedOnce(testText(name))) {
      const reports = await play(testsOfProgram(wrong.text, tests.program), false)
      expect(reports.some(({ failures }) => failures.length > 0), wrong.what).toBe(true)
    }
  })

  test('has tests that editors find nothing wrong in', () => {
    const validate = new Ajv2020({ strict: false }).compile(testFileSchema())
    expect(validate(parse(testText(name))), JSON.stringify(validate.errors)).toBe(true)
    expect(testText(name).split('\n')[0]).toMatch(/^# yaml-language-server: \$schema=(?:\.\.\/)+docs\/rule-test\.schema\.json$/)
  })
})

/** Of a file so many at most, from all over it. */
const MOST_CHANGES = 8

/** The file with one of its expectations changed. */
function changedOnce(text: string): ReturnType<typeof eachChanged> {
  const all = eachChanged(text)
  return all.filter((_, i) => i % Math.ceil(all.length / MOST_CHANGES) === 0)
}

function eachChanged(text: string): readonly { readonly what: string, readonly text: string }[] {
  const lines = text.split('\n')
  return lines.flatMap((line, i) => {
    const changed = /^ +- [A-Z]+ /.test(line) ? `${line}x` // a command
      : /^ +- [a-z]+\.[a-z]+\.\w+$/.test(line) ? `${line}x` // a rule
        : /^ +- \{ to: /.test(line) ? line.replace('topic: ', 'topic: x')
          : /^ {6,}expires: \d+$/.test(line) ? `${line}0`
            : /^ {6,}(?:hash: \{|string: |zset: \[ |stream: \[ )/.test(line) ? line.replace(/(: \{ |string: |\[ \{ |\[ )/, '$1x') : undefined
    return changed === undefined ? [] : [{ what: `line ${i + 1}: ${changed}`, text: lines.with(i, changed).join('\n') }]
  })
}

test('the schema that is shipped is the one that files are read by', () => {
  expect(JSON.parse(readFileSync(join(ROOT, 'docs/rule-test.schema.json'), 'utf8'))).toEqual(testFileSchema())
})

test('the schema refuses what the program refuses', () => {
  const validate = new Ajv2020({ strict: false }).compile(testFileSchema())
  const valid = (steps: unknown, keys: unknown = {}) => validate({ rules: 'a.conf', cases: [{ name: 'a', steps, keys }] })
  expect(valid([{ connect: 'c' }])).toBe(true)
  expect(valid([{ connect: { client: 'c', clean: false } }])).toBe(true)
  expect(valid([{ connect: 'c', disconnect: 'c' }])).toBe(false)
  expect(valid([{ commands: [] }])).toBe(false)
  expect(valid([{ publish: { client: 'c', topic: 'a', qos: 3 } }])).toBe(false)
  expect(valid([{ publish: { client: 'c', topic: 'a', payloud: 'x' } }])).toBe(false)
  expect(valid([{ conect: 'c' }])).toBe(false)
  expect(valid([{ connect: 'c' }], { k: { string: 'x', list: [] } })).toBe(false)
  expect(validate({ cases: [] })).toBe(false)
})

describe('--update', () => {
  const rules = `backend.redis.pool1.server = embedded
backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"commands": ["SET last \${payload}", "RPUSH all \${payload}", "SADD some \${qos}", "ZADD z 1.5 \${topic}", "EXPIRE last 60"]}, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "bad/#", "action": {"commands": ["INCR all"]}, "pool": "pool1"}
`
  async function update(text: string): Promise<string> {
    const tests = testsOf(text, rules)
    const reports = await play(tests, false)
    return updated(text, tests.file, reports.map(({ result }) => result), { several: false })
  }

  const BEFORE = `# of the file
rules:   rules.conf   # odd blanks
cases:
# of the case
- name: "what is it"
  steps:
  - {connect:   c}   # the client

  # it says something
  - publish: {client: c, topic: a/1, payload: '0600'}
    # what it does
    commands:
    # first
    - SET last 0600
    # second
    - RPUSH all   # without a value
    - SADD some 1
    deliveries: []   # to nobody
    matched:
  - publish: { client: c, topic: a/1, payload: "true: #1" }
  # the end
  - publish: { client: c, topic: bad/1 }
  keys:
    # the last
    last: { string: x, expires: 5 }
    gone: { string: x }

- name: nothing is expected
  steps:
  - connect: c
`
  const AFTER = `# of the file
rules:   rules.conf   # odd blanks
cases:
# of the case
- name: "what is it"
  steps:
  - {connect:   c}   # the client

  # it says something
  - publish: {client: c, topic: a/1, payload: '0600'}
    # what it does
    commands:
      # first
      - SET last 0600
      # second
      - RPUSH all 0600 # without a value
      - SADD some 1
      - ZADD z 1.5 a/1
      - EXPIRE last 60
    deliveries: []   # to nobody
    matched:
      - message.publish.1
  - publish: { client: c, topic: a/1, payload: "true: #1" }
  # the end
  - publish: { client: c, topic: bad/1 }
    failed:
      - message.publish.2
  keys:
    all:
      list: [ "0600", "true: #1" ]
    # the last
    last:
      string: "true: #1"
      expires: 60
    some:
      set: [ 1 ]
    z:
      zset: { a/1: "1.5" }

- name: nothing is expected
  steps:
  - connect: c
`

  test('writes what is in the place of what was expected, and leaves comments and all else as they are', async () => {
    expect(await update(BEFORE)).toBe(AFTER)
  })

  test('makes the tests pass, and a second time finds nothing to do', async () => {
    expect((await play(testsOf(AFTER, rules), false)).flatMap(({ failures }) => failures)).toEqual([])
    expect(await update(AFTER)).toBe(AFTER)
  })
})
