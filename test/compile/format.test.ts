import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compile } from '../../src/compile.ts'
import { applyEdits } from '../../src/diagnostic/apply-fixes.ts'
import { decode } from '../../src/server/decode.ts'
import { editBytes } from '../../src/server/edit-bytes.ts'
import { formatting } from '../../src/syntax/format.ts'
import { parse } from '../../src/syntax/parse.ts'
import { ruleFiles } from './rule-files.ts'

function format(text: string): string {
  return applyEdits(text, formatting(parse({ name: 'a.conf', text })))
}

const lines = (...all: readonly string[]): string => all.map(line => `${line}\n`).join('')

it.each<readonly [what: string, before: string, after: string]>([
  ['one blank on each side of =', 'node.name=a\nmqtt.max_inflight\t =  8  \n', lines('node.name = a', 'mqtt.max_inflight = 8')],
  ['blanks of JSON, and its members in one order', lines('backend.redis.hook.message.publish.1= {"pool":"p","expired_time" : 60, "x":[1,2], "action":{ "function":"f"},"topic":"#"}'),
    lines('backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "f"}, "expired_time": 60, "pool": "p", "x": [1, 2]}')],
  ['members given twice in the order in which the last one counts', lines('backend.redis.hook.message.publish.1 = {"pool": "b", "topic": "1", "pool": "a", "topic": "2"}'),
    lines('backend.redis.hook.message.publish.1 = {"topic": "1", "topic": "2", "pool": "b", "pool": "a"}')],
  ['an object over several lines: one member a line, comments over the member that they stood over', lines(
    'backend.redis.hook.message.publish.1 = {"pool": "p",', '   # the topic', '"topic": "#", "action": {"commands": ["A",', '# second', '"B"', '  # last', ']}', '# end', '}'),
  lines('backend.redis.hook.message.publish.1 = {', '  # the topic', '  "topic": "#",', '  "action": {', '    "commands": [', '      "A",', '      # second', '      "B"', '      # last', '    ]', '  },', '  "pool": "p"', '  # end', '}')],
  ['the rules of a hook in the order of their numbers, with their comments', lines(
    '# ten', 'backend.redis.hook.message.acked.10 = {}', '', '# two', '# more', 'backend.redis.hook.message.acked.2 = {}', 'backend.redis.hook.message.acked.x = {}', 'backend.redis.hook.message.acked.1 = {}', 'node.name = a'),
  lines('backend.redis.hook.message.acked.1 = {}', '', '# two', '# more', 'backend.redis.hook.message.acked.2 = {}', '# ten', 'backend.redis.hook.message.acked.10 = {}', 'backend.redis.hook.message.acked.x = {}', 'node.name = a')],
  ['no rule across another hook, a setting, or a heading', lines(
    'backend.redis.hook.message.acked.2 = {}', 'backend.redis.hook.message.publish.1 = {}', 'backend.redis.hook.message.acked.1 = {}', '', '# heading', '', 'backend.redis.hook.message.acked.0 = {}'), ''],
  ['aliases of a hook as one', lines('backend.redis.hook.message.delivered.2 = {}', 'backend.redis.hook.message.deliver.1 = {}'), lines('backend.redis.hook.message.deliver.1 = {}', 'backend.redis.hook.message.delivered.2 = {}')],
  ['the options of a pool together', lines('backend.redis.a.server = x', '# b', 'backend.redis.b.server = y', 'node.name = n', '# of a', 'backend.redis.a.database = 1', '', 'backend.redis.b.database = 2'),
    lines('backend.redis.a.server = x', '# of a', 'backend.redis.a.database = 1', '# b', 'backend.redis.b.server = y', 'node.name = n', '', 'backend.redis.b.database = 2')],
  ['one blank line between, none at the ends', '\n\n# a  \n\n \n\n  # b\nnode.name = a\n\n\n', lines('# a', '', '# b', 'node.name = a')],
  ['includes', 'include   a b.conf  \n', lines('include a b.conf')],
  ['the end of the last line', 'node.name = a', lines('node.name = a')],
  ['what cannot be read as it is', 'x  y\nnode.name=a\nbackend.redis.hook.message.acked.2 = {"topic":\n  "a" \n\n\nmqtt.max_inflight=1\n =\n', 'x  y\nnode.name = a\nbackend.redis.hook.message.acked.2 = {"topic":\n  "a" \n\nmqtt.max_inflight = 1\n =\n'],
  ['nothing of an empty file', '', ''],
  ['nothing of a byte order mark alone', '\uFEFF', '\uFEFF'],
  ['a file of blank lines to an empty one', '\n\n', ''],
])('makes of a file %s', (_, before, after) => {
  const expected = after === '' && before.trim() !== '' ? before : after
  expect(format(before)).toBe(expected)
  expect(format(expected)).toBe(expected)
})

it('keeps how lines end, and a byte order mark', () => {
  expect(format('\uFEFFnode.name=a\r\n\r\n\r\nbackend.redis.hook.message.acked.1 = {"topic": "a",\r\n"pool": "p"}')).toBe('\uFEFFnode.name = a\r\n\r\nbackend.redis.hook.message.acked.1 = {\r\n  "topic": "a",\r\n  "pool": "p"\r\n}\r\n')
})

it('leaves lines with bytes that are no UTF-8 as they are', () => {
  const bytes = Buffer.from('# Gr\xFCn  \n\n\nnode.name=a\n  # \xE9\nmqtt.max_inflight=3\nbackend.redis.a.password =  \xE9\n', 'latin1')
  const edits = formatting(parse({ name: 'a.conf', ...decode(bytes) }))
  expect(editBytes(bytes, edits)?.toString('latin1')).toBe('# Gr\xFCn  \n\nnode.name = a\n  # \xE9\nmqtt.max_inflight = 3\nbackend.redis.a.password =  \xE9\n')
})

it('ends lines as the first one that stays does', () => {
  const text = '\nbackend.redis.hook.message.publish._ = {\r\n"topic":"\\ud800"}\r\n\nnode.name=a\n'
  const after = format(text)
  expect(after.endsWith('node.name = a\r\n')).toBe(true)
  expect(format(after)).toBe(after)
})

it('makes no byte order mark of what was none', () => {
  expect(format('\n\uFEFF')).toBe('\n\uFEFF')
})

it('changes no program and no error of any file, loses no comment, and has nothing to do a second time', () => {
  let programs = 0
  let changed = 0
  fc.assert(fc.property(ruleFiles, (text) => {
    const after = format(text)
    expect(format(after)).toBe(after)
    const [one, other] = [text, after].map(it => compile([{ name: 'a.conf', text: it }]))
    if (one?.program !== undefined) programs += 1
    if (after !== text) changed += 1
    expect(other?.program?.hash).toBe(one?.program?.hash)
    // Which of two lines is said to be the other's double depends on which comes first.
    const said = (of: typeof one): readonly string[] => (of?.diagnostics ?? []).filter(({ severity }) => severity === 'error')
      .map(({ check, message }) => `${check} ${message.replaceAll(/line \d+/g, 'line')}`).sort()
    expect(said(other)).toEqual(said(one))
    const comments = (of: string): readonly string[] => (of.replace('\uFEFF', '').match(/^[ \t]*#.*$/gm) ?? []).map(line => line.trim()).sort()
    expect(comments(after)).toEqual(comments(text))
  }), { numRuns: 600 })
  expect(programs).toBeGreaterThan(5)
  expect(changed).toBeGreaterThan(300)
})

it('changes no finding where it moves no line', () => {
  fc.assert(fc.property(ruleFiles, (text) => {
    const file = parse({ name: 'a.conf', text })
    const after = format(text)
    const keys = (of: string): readonly string[] => parse({ name: 'a.conf', text: of }).lines.flatMap(line => 'key' in line ? [line.key.words.map(word => word.text).join('.')] : [])
    if (JSON.stringify(keys(after)) !== JSON.stringify(keys(text))) return
    expect(file.faults.map(({ message }) => message)).toEqual(parse({ name: 'a.conf', text: after }).faults.map(({ message }) => message))
    const said = (of: string): readonly string[] => compile([{ name: 'a.conf', text: of }]).diagnostics.map(({ check, severity, message }) => `${check} ${severity} ${message.replaceAll(/line \d+/g, 'line')}`).sort()
    expect(said(after)).toEqual(said(text))
  }), { numRuns: 300 })
})
