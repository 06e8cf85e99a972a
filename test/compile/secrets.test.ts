import { expect, it } from 'vitest'
import { compile, type Source } from '../../src/compile.ts'
import { renderJson } from '../../src/diagnostic/render/json.ts'
import { renderPretty } from '../../src/diagnostic/render/pretty.ts'
import { POOL_OPTIONS } from '../../src/language/pool-options.ts'
import { SETTINGS } from '../../src/language/setting-table.ts'
import { environmentSource } from '../../src/server/environment.ts'

const KEYS = [
  ...Object.keys(POOL_OPTIONS).map(option => `backend.redis.pool1.${option}`), ...Object.keys(SETTINGS).map(key => key.replace('<name>', 'x')),
  'backend.redis.sentinel', 'auth.redis.sentinel', 'node.cookie', 'backend.redis.pool1.pasword', 'nothing',
]
const SECRET = 'hunter2 hunter2'

it.each(KEYS)('what a reference of %s stands for is in no finding', (key) => {
  const text = `backend.redis.pool1.server = a,b\n${key} = \${env:S}\n${key} = \${file:/run/s}\nbackend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}\n`
  for (const value of [SECRET, `${SECRET}\n`, `${SECRET}:1,${SECRET}`]) {
    const sources: readonly Source[] = [{ name: 'a.conf', text, references: [{ kind: 'env', name: 'S', value }, { kind: 'file', name: '/run/s', value }] }]
    const { diagnostics } = compile(sources)
    expect(renderPretty(diagnostics, sources, { colour: false }) + renderJson(diagnostics)).not.toContain('hunter2')
  }
})

it.each(KEYS.filter(key => /password|cookie/.test(key)))('what a variable sets %s to is in no finding', (key) => {
  const source = environmentSource({ [`EMQX_${key.replaceAll('.', '__').toUpperCase()}`]: `${SECRET}\n${SECRET}` })
  const sources = source === undefined ? [] : [source]
  const { diagnostics } = compile(sources)
  expect(diagnostics).toHaveLength(1)
  expect(renderPretty(diagnostics, sources, { colour: false }) + renderJson(diagnostics)).not.toContain('hunter2')
})
