import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CHECKS } from '../../src/check/index.ts'
import { compile } from '../../src/compile.ts'
import { decode } from '../../src/server/decode.ts'
import { mendPrograms } from '../../src/server/mend.ts'
import { ruleFiles } from '../compile/rule-files.ts'

const NAME = 'stdin'

async function mend(bytes: Buffer) {
  const { fixed, stdin } = await mendPrograms(['-'], { overrides: false, layout: true, stdin: { name: NAME, bytes } })
  return { fixed: fixed.map(({ check }) => check), bytes: stdin?.bytes ?? Buffer.alloc(0) }
}

function compiled(bytes: Buffer) {
  return compile([{ name: NAME, ...decode(bytes) }])
}

function errorsIn(bytes: Buffer): number {
  return compiled(bytes).diagnostics.filter(({ severity }) => severity === 'error').length
}

/** Every mistake that there is, and what lines around it do to it. */
const mistakes = CHECKS.flatMap(({ bad, good }) => [...bad.split('\n'), ...good.split('\n')])
const mixed = fc.array(fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...mistakes) },
  { weight: 3, arbitrary: fc.constantFrom(...CHECKS.filter(({ fix }) => fix === 'safe').map(({ bad }) => bad)) },
  fc.constantFrom(
    '', '# aside', '# hookline-ignore no-expiry, two-spaces -- why', 'backend.redis.sentinel = mymaster', 'backend.redis.pool1.server = h',
    'backend.redis.hook.message.acked.1 = {"topic": "#",\n # why\n "action": {"commands": ["SETEX  k 60 ${qos}",\n"HMSET a  b c"]}, "expired_time" : 5,\n "pool": "pool1"}',
    'backend.redis.rule.2 = {"action": "on_message_fetch", "filter": "温度/#",\n# old\n"pool": "pool1", "expired_time": 3}',
    'backend.redis.hook.message.acked.2 = {"expired_time": 5, "action": {“commands": ["SADD s  ${qos}"]}, "pool”: “pool1”}',
  ),
  fc.constantFrom(...mistakes, '').map(line => line.replace(/,/g, ',\n')),
), { maxLength: 8 })
const texts = fc.tuple(fc.constantFrom('', '\uFEFF'), mixed, fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([mark, lines, end, ended]) => mark + lines.join('\n').replaceAll('\n', end) + (ended ? end : ''))
const files = fc.oneof(ruleFiles, texts).map(text => Buffer.from(text))
  .chain(bytes => fc.tuple(fc.constant(bytes), fc.constantFrom('', '# Gr\xFCn\n', '# x \xFC # hookline-ignore\n', 'node.name = \xE9\n')))
  .map(([bytes, latin]) => Buffer.concat([Buffer.from(latin, 'latin1'), bytes]))

/** Checks that promise that the program stays the same. */
const SAME_PROGRAM = new Set(['number-order', 'old-form', 'expired-time-ignored', 'not-formatted', 'unused-ignore'])

it('of any file, mended: nothing is left to mend, and no error came', async () => {
  const seen = new Set<string>()
  const property = fc.asyncProperty(files, async (before) => {
    const { fixed, bytes } = await mend(before)
    fixed.forEach(check => seen.add(check))
    expect(await mend(bytes)).toEqual({ fixed: [], bytes })
    if (fixed.length === 0) expect(bytes.equals(before)).toBe(true)
    // What such a line holds was not known.
    if (!fixed.includes('curly-quote')) expect(errorsIn(bytes)).toBeLessThanOrEqual(errorsIn(before))
    // a file of one line without its end says nothing about line ends
    if (before.includes('\r\n') && !/(?<!\r)\n/.test(before.toString('latin1'))) expect(bytes.toString('latin1')).not.toMatch(/(?<!\r)\n/)
  })
  const safe = CHECKS.filter(({ fix }) => fix === 'safe').map(({ name }) => name).sort()
  // some are not met in every row of files
  for (let rows = 0; rows < 5 && seen.size < safe.length; rows++) await fc.assert(property, { numRuns: 120 })
  // Else the generator has lost touch with the checks.
  expect([...seen].sort()).toEqual(safe)
})

it('the program is the same as before where the checks of what was mended promise that', async () => {
  const pool = 'backend.redis.pool1.server = h'
  const lines = fc.shuffledSubarray([
    ...CHECKS.filter(({ name }) => SAME_PROGRAM.has(name)).map(({ bad }) => bad.replace(/(?<=publish\.)1/, () => '7')),
    'backend.redis.rule.3 = {"pool": "pool1", "filter": "a/#",\n# why\n"action": "on_message_fetch", "expired_time": 60}',
    'backend.redis.hook.message.publish.2 = {"expired_time": 60,\n"topic": "a", "action": {"function": "on_retain_delete"}, "pool": "pool1"}',
    'backend.redis.hook.message.publish.3 = {"topic": "a",\n"expired_time": 60,\n# why, so\n"action": {"commands": ["INCR n"]}, "pool": "pool1"}',
    'backend.redis.hook.message.acked.4 = {"topic": "a", "action": {"commands": ["INCR n"]}, "pool": "pool1"\n# why, so\n,"expired_time": 60\n}',
    '# hookline-ignore no-expiry, key-type-conflict -- an archive\nbackend.redis.hook.message.publish.5 = {"topic": "c", "action": {"function": "on_message_publish"}, "pool": "pool1"}',
    'backend.redis.sentinel = mymaster',
  ])
  let same = 0
  await fc.assert(fc.asyncProperty(lines, async (text) => {
    const before = Buffer.from([pool, ...text].join('\n'))
    const { fixed, bytes } = await mend(before)
    expect(fixed.filter(check => !SAME_PROGRAM.has(check))).toEqual([])
    expect(compiled(bytes).program?.hash).toBe(compiled(before).program?.hash)
    if (fixed.length > 0 && compiled(before).program !== undefined) same += 1
    expect(bytes.toString().match(/^[ \t]*# why.*$/gm)?.length).toBe(before.toString().match(/^[ \t]*# why.*$/gm)?.length)
  }), { numRuns: 60 })
  expect(same).toBeGreaterThan(20)
})
