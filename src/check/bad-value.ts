import { POOL_OPTIONS } from '../language/pool-options.ts'
import { rowOf } from '../language/setting-table.ts'
import { filterProblem } from '../language/topic-filter.ts'
import type { Check, Finding } from './check.ts'
import { misprintOf } from './misprint.ts'
import type { PoolSymbol, SettingSymbol, Symbols } from './symbols.ts'

export const badValue: Check = {
  name: 'bad-value',
  severity: 'error',
  doc: 'A setting takes values of one kind.',
  bad: 'backend.redis.pool1.pool_size = many',
  good: 'backend.redis.pool1.pool_size = 16',
  *find(symbols) {
    for (const symbol of symbols.settings) yield* unreadable(symbol)
    // A sentinel without its pool makes one of the pools a sentinel's; it has a finding of its own.
    const misprint = symbols.settings.some(({ words }) => misprintOf(words) !== undefined)
    if (!misprint) for (const pool of symbols.pools.values()) yield* contradictory(pool)
    for (const pool of symbols.pools.values()) yield* halfACertificate(pool)
    yield* impossibleFilters(symbols)
  },
}

function* unreadable({ setting: { key, value }, target }: SettingSymbol): Iterable<Finding> {
  // A value with a reference in it is not known here.
  if (target === undefined || value.parts.some(({ kind }) => kind !== 'text')) return
  const { value: kind } = rowOf(target)
  if (kind.read(value.text) !== undefined) return
  yield { span: value.span, message: `\`${key.words.at(-1)?.text ?? ''}\` is ${kind.expects}` }
}

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

function* impossibleFilters({ rules }: Symbols): Iterable<Finding> {
  for (const { topic } of rules) {
    const said = topic === undefined ? undefined : FILTER_PROBLEMS[filterProblem(topic.value)?.kind ?? '']
    if (topic !== undefined && said !== undefined) yield { span: topic.span, message: said[0], hint: said[1] }
  }
}
