import { POOL_OPTIONS } from '../language/pool-options.ts'
import { rowOf } from '../language/setting-table.ts'
import { filterProblem } from '../language/topic-filter.ts'
import type { Check, Finding } from './check.ts'
import { hasReferences } from './fill-in.ts'
import { inEachRule } from './rule-kinds.ts'
import type { PoolSymbol, RuleSymbol, SettingSymbol } from './symbols.ts'

export const badValue: Check = {
  name: 'bad-value',
  severity: 'error',
  doc: 'A setting takes values of one kind.',
  bad: 'backend.redis.pool1.pool_size = many',
  good: 'backend.redis.pool1.pool_size = 16',
  *find(symbols) {
    for (const { setting, target } of symbols.settings) if (target !== undefined) yield* unreadable(setting, rowOf(target))
    for (const { setting, pools } of symbols.misprints) if (pools.length > 0) yield* unreadable(setting, POOL_OPTIONS.sentinel)
    for (const pool of symbols.pools.values()) yield* contradictory(pool)
    for (const pool of symbols.pools.values()) yield* halfACertificate(pool)
    yield* inEachRule(symbols, impossibleFilter)
  },
}

function* unreadable({ key, value }: SettingSymbol['setting'], { value: kind }: ReturnType<typeof rowOf>): Iterable<Finding> {
  if (value.missing !== undefined) return
  const name = key.words.at(-1)?.text ?? ''
  if (hasReferences(value) && NO_VALUE.test(value.text)) {
    const hint = 'look at what it stands for: one line, and not an empty one'
    yield { span: value.span, message: `\`${name}\` is ${value.text === '' ? 'empty' : 'a text without control characters'}`, hint }
  } else if (kind.read(value.text) === undefined) {
    yield { span: value.span, message: `\`${name}\` is ${kind.expects}`, ...hasReferences(value) && { hint: 'look at what it stands for' } }
  }
}

/** What cannot be written as a value cannot come from elsewhere either (SPEC 1): nothing, and control characters. */
// oxlint-disable-next-line no-control-regex -- these are meant
const NO_VALUE = /^$|[\0-\x08\x0A-\x1F\x7F]/

/** Options of a pool that are well by themselves and cannot be together. */
function* contradictory({ options }: PoolSymbol): Iterable<Finding> {
  const [type, server, sentinel] = [options.get('type'), options.get('server'), options.get('sentinel')]
  const written = type === undefined ? undefined : POOL_OPTIONS.type.value.read(type.value.text)
  const kind = type === undefined ? (sentinel === undefined ? 'single' : 'sentinel') : written
  if (kind === 'sentinel' && sentinel === undefined && type !== undefined) {
    yield { span: type.value.span, message: 'a sentinel pool needs the name of its master', hint: 'add `.sentinel = <name of the master>`' }
  }
  const addresses = server === undefined ? undefined : POOL_OPTIONS.server.value.read(server.value.text)
  if (server === undefined || addresses === undefined || kind === undefined) return
  if (addresses === 'embedded' && kind !== 'single') {
    yield { span: server.value.span, message: `the embedded store is a single Redis, and this pool is a ${kind}`, hint: 'write addresses, or `type = single`' }
  }
  if (addresses !== 'embedded' && addresses.length > 1 && kind === 'single') {
    yield {
      span: server.value.span, message: 'a single Redis has one address, and these are several',
      hint: 'write one, or set `type` to `sentinel` or `cluster`',
    }
  }
}

/** A certificate is shown with its key, or not at all. */
function* halfACertificate({ name, options }: PoolSymbol): Iterable<Finding> {
  const [certfile, keyfile] = [options.get('certfile'), options.get('keyfile')]
  if (certfile !== undefined && keyfile === undefined) {
    yield { span: certfile.key.span, message: 'a certificate without its key', hint: `add \`backend.redis.${name}.keyfile = ..\`` }
  }
  if (keyfile !== undefined && certfile === undefined) {
    yield { span: keyfile.key.span, message: 'a key without its certificate', hint: `add \`backend.redis.${name}.certfile = ..\`` }
  }
}

/** Filters that have no mistake in their wildcards and yet are none; those have checks of their own. */
const FILTER_PROBLEMS: Readonly<Partial<Record<string, readonly [message: string, hint: string]>>> = {
  'empty': ['an MQTT filter has at least one character', 'write `#` for every topic, or leave `topic` out'],
  'nul': ['U+0000 cannot stand in an MQTT filter', 'delete it'],
  'too-long': ['an MQTT filter has at most 65535 bytes', 'shorten it'],
}

function* impossibleFilter({ topic }: RuleSymbol): Iterable<Finding> {
  const said = topic === undefined ? undefined : FILTER_PROBLEMS[filterProblem(topic.value)?.kind ?? '']
  if (topic !== undefined && said !== undefined) yield { span: topic.span, message: said[0], hint: said[1] }
}
