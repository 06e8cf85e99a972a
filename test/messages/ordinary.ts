import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { QUIET, RULES, type Situation } from './situation.ts'

const COMMANDS = ['start', 'lint', 'fmt', 'adopt', 'reload', 'status', 'redis']

const WARNING = 'zone.external.idle_timeout = 15s\n'
const ERROR = 'node.nam = a\n'
/** With a line that cannot be read. */
const UNFORMATTED = '# a broker\nnode.name=a\nno line\nbackend.redis.pool1.password=hunter2\n'
const MENDABLE = 'backend.redis.hook.message.acked.9 = {"topic": "#", "action": {"commands": ["SADD  acked ${clientid}"]}, "pool": "pool1"}\n'

/** Each of a level includes both of the next. */
function doubling(levels: number): Readonly<Record<string, string>> {
  const names = Array.from({ length: levels }, (_, level) => [`${level}a.inc`, `${level}b.inc`])
  const including = (level: number): string => (names[level] ?? []).map(name => `include ${name}\n`).join('')
  return Object.fromEntries<string>([['rules.conf', including(0)], ...names.flatMap((pair, level) => pair.map(name => [name, including(level + 1)] as const))])
}

/** What every command does with its flags and arguments, and what `lint` says. */
export const ORDINARY: readonly Situation[] = [
  { name: 'help', line: 'hookline --help', exit: 0 },
  ...COMMANDS.map(command => ({ name: `help-${command}`, line: `hookline ${command} --help`, exit: 0 } as const)),
  { name: 'version', line: 'hookline --version', exit: 0 },
  { name: 'no-command', line: 'hookline', exit: 2 },
  { name: 'no-such-command', line: 'hookline strat', exit: 2 },
  { name: 'no-such-flag', line: 'hookline --loud', exit: 2 },
  ...COMMANDS.map(command => ({ name: `${command}-no-such-flag`, line: `hookline ${command} --loud`, exit: 2 } as const)),
  ...['start', 'lint', 'fmt', 'adopt', 'redis'].map(command => ({ name: `${command}-of-nothing`, line: `hookline ${command}`, exit: 2 } as const)),
  ...['reload', 'status'].map(command => ({ name: `${command}-of-too-much`, line: `hookline ${command} rules.conf`, exit: 2 } as const)),
  { name: 'start-no-such-level', line: 'hookline start --log-level loud rules.conf', exit: 2 },
  { name: 'lint-no-such-format', line: 'hookline lint --format xml rules.conf', exit: 2 },
  { name: 'lint-no-number', line: 'hookline lint --max-warnings few rules.conf', exit: 2 },
  { name: 'adopt-no-rate', line: 'hookline adopt --rate 0 pool1', exit: 2 },

  { name: 'lint-nothing-found', line: 'hookline lint rules.conf', exit: 0, files: { 'rules.conf': RULES } },
  { name: 'lint-warnings', line: 'hookline lint rules.conf', exit: 0, files: { 'rules.conf': WARNING } },
  { name: 'lint-errors', line: 'hookline lint rules.conf', exit: 1, files: { 'rules.conf': WARNING + ERROR } },
  { name: 'lint-as-json', line: 'hookline lint --format json rules.conf', exit: 1, files: { 'rules.conf': WARNING + ERROR } },
  { name: 'lint-fix', line: 'hookline lint --fix rules.conf', exit: 0, files: { 'rules.conf': RULES + MENDABLE + WARNING } },
  { name: 'lint-fix-standard-input', line: 'hookline lint --fix -', exit: 0, stdin: `backend.redis.pool1.server = embedded\n${MENDABLE}${WARNING}` },
  { name: 'lint-strict', line: 'hookline lint --strict rules.conf', exit: 1, files: { 'rules.conf': WARNING } },
  { name: 'lint-too-many-warnings', line: 'hookline lint --max-warnings 0 rules.conf', exit: 1, files: { 'rules.conf': WARNING } },
  { name: 'lint-few-enough-warnings', line: 'hookline lint --max-warnings 1 rules.conf', exit: 0, files: { 'rules.conf': WARNING } },
  { name: 'lint-unset-variable', line: 'hookline lint rules.conf', exit: 1, files: { 'rules.conf': 'node.name = ${env:HOOKLINE_TEST_UNSET}\n' } },
  { name: 'lint-unset-variable-allowed', line: 'hookline lint --allow-unset-env rules.conf', exit: 0, files: { 'rules.conf': 'node.name = ${env:HOOKLINE_TEST_UNSET}\n' } },
  {
    name: 'lint-useless-values', line: 'hookline lint rules.conf', exit: 1,
    files: {
      'long': 'x'.repeat(65_537),
      'rules.conf': ['${file:/dev/null}', '${file:run}', '${file:none}', '${file:long}', '${file:latin}'].map((value, i) => `backend.redis.pool${i}.password = ${value}\n`).join(''),
    },
    before({ folder }) { writeFileSync(join(folder, 'latin'), Buffer.from([0xE9])) },
  },
  { name: 'lint-endless-includes', line: 'hookline lint rules.conf', exit: 1, files: doubling(10) },
  { name: 'lint-no-such-file', line: 'hookline lint rules.conf none.conf', exit: 2, files: { 'rules.conf': QUIET } },
  { name: 'lint-empty-folder', line: 'hookline lint rules', exit: 2, files: { 'rules/notes.txt': ERROR } },
  { name: 'lint-standard-input', line: 'hookline lint -', exit: 1, stdin: ERROR },

  { name: 'fmt', line: 'hookline fmt rules.conf', exit: 0, files: { 'rules.conf': UNFORMATTED } },
  { name: 'fmt-check', line: 'hookline fmt --check rules.conf', exit: 1, files: { 'rules.conf': UNFORMATTED } },
  { name: 'fmt-diff', line: 'hookline fmt --diff rules.conf', exit: 0, files: { 'rules.conf': UNFORMATTED } },
  { name: 'fmt-standard-input', line: 'hookline fmt -', exit: 0, stdin: UNFORMATTED },
  { name: 'fmt-no-such-file', line: 'hookline fmt none.conf', exit: 2 },
  {
    name: 'fmt-utf-16', line: 'hookline fmt rules.conf', exit: 2,
    before({ folder }) { writeFileSync(join(folder, 'rules.conf'), Buffer.from('\uFEFFnode.name = a', 'utf16le')) },
  },
]
