import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ACTIONS } from '../../src/actions/index.ts'
import { KEY_TABLE } from '../../src/actions/key-table.ts'
import { compile } from '../../src/compile.ts'
import { findPages, namesLike } from '../../src/explain/find-pages.ts'
import { PAGES } from '../../src/explain/pages.ts'
import { PLACEHOLDER_NAMES } from '../../src/language/hook-name.ts'
import { HOOK_NAMES } from '../../src/language/hooks.ts'
import { POOL_OPTIONS } from '../../src/language/pool-options.ts'
import { ACTION_MEMBERS, RULE_MEMBERS } from '../../src/language/rule-members.ts'
import { SETTINGS, type SettingRow } from '../../src/language/setting-table.ts'
import { sourceFiles } from '../structure/imports.ts'

const found = (name: string) => findPages(name).map(({ kind, name: of }) => `${kind} ${of}`)

describe('a page is found', () => {
  it.each([
    ...HOOK_NAMES, ...ACTIONS.map(({ name }) => name), ...PLACEHOLDER_NAMES, ...Object.keys(POOL_OPTIONS), ...Object.keys(SETTINGS),
    ...Object.keys(RULE_MEMBERS), ...Object.keys(ACTION_MEMBERS), ...KEY_TABLE.map(({ pattern }) => pattern),
  ])('for %s of the tables', (name) => {
    expect(found(name)).not.toEqual([])
  })

  it('for what any check of the compiler says', () => {
    const files = sourceFiles().filter(file => file.startsWith('check/'))
      .map(file => readFileSync(fileURLToPath(new URL(`../../src/${file}`, import.meta.url)), 'utf8'))
    const checks = files.flatMap(text => /: Check = \{\s+name: '(?<name>[^']+)'/.exec(text)?.groups?.['name'] ?? [])
    expect(checks.length).toBeGreaterThan(80)
    expect(checks.filter(name => !found(name).includes(`check ${name}`))).toEqual([])
  })

  it.each([
    ['NO-Expiry', ['check no-expiry']],
    ['[no-expiry]', ['check no-expiry']],
    ['message.deliver', ['hook message.delivered']],
    ['message.publish.1', ['hook message.publish']],
    ['backend.redis.hook.message.publish.12', ['hook message.publish']],
    ['on_message_acked', ['function on_message_acked_for_queue']],
    ['${clientId}', ['placeholder ${clientid}']],
    ['topic', ['placeholder ${topic}', 'rule member topic']],
    ['username', ['placeholder ${username}', 'pool option backend.redis.<pool>.username']],
    ['"filter"', ['rule member topic']],
    ['pool_size', ['pool option backend.redis.<pool>.pool_size']],
    ['backend.redis.pool1.pool_size', ['pool option backend.redis.<pool>.pool_size']],
    ['auth.redis.sentinel', ['pool option backend.redis.<pool>.sentinel']],
    ['backend.redis.rule.7', ['check old-form']],
    ['msg.expired_after', ['setting backend.redis.msg.expired_after']],
    ['listener.wss.mine.path', ['setting listener.ws.<name>.path']],
    ['max_inflight', ['setting mqtt.max_inflight']],
    ['zone.external.idle_timeout', ['check foreign-setting']],
    ['mqtt:client:lamp', ['Redis key mqtt:client:${clientid}']],
    ['mqtt:topics', ['Redis key mqtt:topics']],
    ['nothing of the kind', []],
    ['constructor', []],
  ])('for %s as one would type it', (name, pages) => {
    expect(found(name)).toEqual(pages)
  })

  it('for no name that is like one: then the likely ones are told, each once', () => {
    expect(found('no-expirey')).toEqual([])
    expect(namesLike('no-expirey')).toEqual(['no-expiry'])
    expect(namesLike('usernam')).toEqual(['username'])
  })
})

it('every page has a clause, and what it says in sentences ends as they do', () => {
  for (const { name, summary, facts, doc } of PAGES) {
    expect(summary, name).toMatch(/^\S(?:.*[^.])?$/)
    for (const [label, text] of facts) expect(text, `${name}: ${label}`).toMatch(/^\S(?:.*[^.])?$/)
    expect(doc, name).toMatch(/^$|^\S.*[.]$/)
  }
})

it('no two pages of a kind have one name', () => {
  const names = PAGES.map(({ kind, name }) => `${kind} ${name}`)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})

/** What an example needs beside it: a pool its server, a listener its address, a certificate its key. */
const BESIDE: readonly (readonly [RegExp, (line: string) => string])[] = [
  [/^backend\.redis\.(?!pool1\.server =)/, () => 'backend.redis.pool1.server = 10.0.0.1:6379'],
  [/^listener\.\w+\.external\./, line => line.replace(/^(listener\.\w+\.external).*/, '$1 = 8883')],
  [/^listener\.(?:ssl|wss)\.(?!external\.certfile)/, line => line.replace(/^(listener\.\w+\.external).*/, '$1.certfile = x.pem')],
  [/^listener\.(?:ssl|wss)\.(?!external\.keyfile)/, line => line.replace(/^(listener\.\w+\.external).*/, '$1.keyfile = x.pem')],
  [/^backend.*\.certfile/, line => line.replace('certfile', 'keyfile')],
  [/^backend.*\.keyfile/, line => line.replace('keyfile', 'certfile')],
]

it('what a page shows as an example runs', () => {
  for (const { kind, name, examples } of PAGES) {
    if (kind === 'check') continue
    for (const { text } of examples) {
      const lines = [...BESIDE.flatMap(([what, line]) => what.test(text) ? line(text) : []), text]
      const references = [{ kind: 'file' as const, name: '/run/secrets/redis', value: 'secret' }]
      const { program, diagnostics } = compile([{ name: 'example.conf', text: lines.join('\n'), references }])
      expect(program, `${name}: ${text}\n${diagnostics.map(({ message }) => message).join('\n')}`).toBeDefined()
    }
  }
})

it('a default is written as it would be read', () => {
  for (const [key, { value, default: fallback }] of Object.entries<SettingRow<unknown>>({ ...SETTINGS, ...POOL_OPTIONS })) {
    const written = fallback === undefined ? '' : value.write(fallback)
    if (written !== '') expect(value.read(written), key).toEqual(fallback)
  }
})

it('every rules file that comes along has only names that have a page', () => {
  const root = fileURLToPath(new URL('../../rules', import.meta.url))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.conf'))
  const lines = files.flatMap(file => readFileSync(join(root, file), 'utf8').split('\n')).filter(line => /^[a-z]/.test(line))
  expect(lines.length).toBeGreaterThan(20)
  expect(lines.filter(line => findPages(line.split('=')[0] ?? '').length === 0)).toEqual([])
})
