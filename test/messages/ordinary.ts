import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PUBLISH, QUIET, RULES, type Situation } from './situation.ts'

const COMMANDS = ['start', 'lint', 'fmt', 'explain', 'migrate', 'acl', 'adopt', 'reload', 'status', 'redis', 'test', 'why', 'why-not', 'plan']

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

const POOL = (...lines: readonly string[]): string => [QUIET.trim(), PUBLISH('1').trim(), ...lines.map(line => `backend.redis.pool1.${line}`)].join('\n')
const ACL = (...lines: readonly string[]) => ({ files: { 'rules.conf': `${POOL('server = 10.0.0.1', ...lines)}\n`, 'empty': '\n', 'secret': 'right\n' } })
/** What can only be guessed of its commands. */
const DOUBTFUL = `backend.redis.hook.message.publish.2 = ${JSON.stringify({
  topic: 'b', action: { commands: ['EVAL "return redis.call(\'INCR\', KEYS[1])" 1 c', 'FCALL f 1 c', 'JSON.SET j $ 1', 'INCR ${clientid}'] }, pool: 'pool1',
})}\n`

/** What every command does with its flags and arguments, and what `lint` says. */
export const ORDINARY: readonly Situation[] = [
  { name: 'help', line: 'hookline --help', exit: 0 },
  ...COMMANDS.map(command => ({ name: `help-${command}`, line: `hookline ${command} --help`, exit: 0 } as const)),
  { name: 'version', line: 'hookline --version', exit: 0 },
  { name: 'no-command', line: 'hookline', exit: 2 },
  { name: 'no-such-command', line: 'hookline strat', exit: 2 },
  { name: 'no-such-flag', line: 'hookline --loud', exit: 2 },
  ...COMMANDS.map(command => ({ name: `${command}-no-such-flag`, line: `hookline ${command} --loud`, exit: 2 } as const)),
  ...['start', 'lint', 'fmt', 'migrate', 'acl', 'adopt', 'plan', 'redis'].map(command => ({ name: `${command}-of-nothing`, line: `hookline ${command}`, exit: 2 } as const)),
  ...['reload', 'status'].map(command => ({ name: `${command}-of-too-much`, line: `hookline ${command} rules.conf`, exit: 2 } as const)),
  { name: 'start-no-such-level', line: 'hookline start --log-level loud rules.conf', exit: 2 },
  { name: 'lint-no-such-format', line: 'hookline lint --format xml rules.conf', exit: 2 },
  { name: 'lint-no-number', line: 'hookline lint --max-warnings few rules.conf', exit: 2 },
  { name: 'acl-no-such-version', line: 'hookline acl --redis 5.0 pool1', exit: 2 },
  { name: 'acl-no-such-tool', line: 'hookline acl --also adopt,reload pool1', exit: 2 },
  { name: 'acl-no-such-user', line: 'hookline acl --user a\tb pool1', exit: 2 },
  { name: 'acl-two-passwords', line: 'hookline acl --nopass --password-hash pool1', exit: 2 },
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
  { name: 'acl', line: 'hookline acl -f rules.conf pool1', exit: 0, ...ACL('username = hookline') },
  { name: 'acl-new-user', line: 'hookline acl -f rules.conf pool1', exit: 0, ...ACL() },
  { name: 'acl-default-user', line: 'hookline acl -f rules.conf --password-hash pool1', exit: 0, ...ACL('username = default', 'password = right') },
  { name: 'acl-old-redis', line: 'hookline acl -f rules.conf --redis 6.2 --nopass --user hookline pool1', exit: 0, ...ACL('username = hookline', 'database = 3', 'wait_replicas = 1') },
  { name: 'acl-also', line: 'hookline acl -f rules.conf --also adopt,doctor,online --nopass pool1', exit: 0, ...ACL('username = hookline') },
  { name: 'acl-password-file', line: 'hookline acl -f rules.conf --password-file secret pool1', exit: 0, ...ACL('username = hookline') },
  { name: 'acl-empty-password-file', line: 'hookline acl -f rules.conf --password-file empty pool1', exit: 2, ...ACL() },
  { name: 'acl-no-such-password-file', line: 'hookline acl -f rules.conf --password-file none pool1', exit: 2, ...ACL() },
  { name: 'acl-no-password', line: 'hookline acl -f rules.conf --password-hash pool1', exit: 2, ...ACL() },
  { name: 'acl-doubts', line: 'hookline acl -f rules.conf --nopass pool1', exit: 0, files: { 'rules.conf': `${POOL('server = 10.0.0.1', 'username = hookline')}\n${DOUBTFUL}` } },
  { name: 'acl-sentinel', line: 'hookline acl -f rules.conf --nopass pool1', exit: 0, ...ACL('username = hookline', 'sentinel = mymaster') },
  { name: 'acl-cluster', line: 'hookline acl -f rules.conf --nopass pool1', exit: 0, ...ACL('username = hookline', 'type = cluster') },
  { name: 'acl-embedded', line: 'hookline acl -f rules.conf pool1', exit: 2, files: { 'rules.conf': POOL('server = embedded') } },
  { name: 'acl-no-such-pool', line: 'hookline acl -f rules.conf pool9', exit: 2, ...ACL() },
  { name: 'acl-errors', line: 'hookline acl -f rules.conf pool1', exit: 1, files: { 'rules.conf': ERROR } },
  { name: 'acl-no-such-file', line: 'hookline acl -f rules.conf pool1', exit: 2 },
  { name: 'acl-no-broker', line: 'hookline acl pool1', exit: 2 },

  { name: 'lint-online', line: 'hookline lint --online rules.conf', exit: 0, files: { 'rules.conf': RULES } },
  { name: 'lint-online-not-there', line: 'hookline lint --online rules.conf', exit: 0, files: { 'rules.conf': RULES.replace('{redis}', '{nobody}') } },
  { name: 'lint-online-wants-password', line: 'hookline lint --online rules.conf', exit: 1, files: { 'rules.conf': RULES.replace('{redis}', '{guarded}') } },
  { name: 'lint-online-weak-user', line: 'hookline lint --online rules.conf', exit: 1, files: { 'rules.conf': `${RULES.replace('{redis}', '{guarded}')}backend.redis.pool1.username = weak\nbackend.redis.pool1.password = right\n` } },
  { name: 'lint-online-blind-user', line: 'hookline lint --online rules.conf', exit: 0, files: { 'rules.conf': `${RULES.replace('{redis}', '{guarded}')}backend.redis.pool1.username = reader\nbackend.redis.pool1.password = right\n` } },
  { name: 'lint-online-embedded', line: 'hookline lint --online rules.conf', exit: 0, files: { 'rules.conf': RULES.replace('{redis}', 'embedded') } },
  { name: 'lint-online-errors', line: 'hookline lint --online rules.conf', exit: 1, files: { 'rules.conf': RULES + ERROR } },
  { name: 'lint-foreign-variable', line: 'hookline lint --env rules.conf', exit: 0, files: { 'rules.conf': RULES }, env: { EMQX_ZONE__EXTERNAL__IDLE_TIMEOUT: '15s' } },
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
