import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/check/index.ts'
import { compile } from '../../src/compile.ts'
import { mendPrograms } from '../../src/server/mend.ts'
import { makeFolder, removeFolder } from '../support/temp-folder.ts'

const folder = makeFolder()
afterAll(() => { removeFolder(folder) })

const RULE = 'backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}\n'
const rulesOf = (...ignores: readonly string[]): string => `${ignores.map(ignore => `# hookline-ignore ${ignore} -- why\n`).join('')}backend.redis.pool1.server = 127.0.0.1\n${RULE}`

function found(text: string, options: Parameters<typeof compile>[1] = {}): readonly string[] {
  return compile([{ name: 'rules.conf', text }], options).diagnostics.map(({ check }) => check)
}

/** What `lint --fix` makes of it. */
async function mended(text: string): Promise<string> {
  const file = join(folder, 'rules.conf')
  writeFileSync(file, text)
  const { changed: [changed] } = await mendPrograms([file], { overrides: false, stdin: undefined, layout: true })
  return changed?.after.toString() ?? text
}

describe('an ignore of what only a server can say', () => {
  const online = CHECKS.filter(({ told }) => told !== undefined).map(({ name }) => name)

  it.each(online)('(%s) is not called unused where no server was asked, and stays', async (name) => {
    expect(found(rulesOf(name), { layout: true })).toEqual([])
    expect(await mended(rulesOf(name))).toBe(rulesOf(name))
  })

  it.each(online)('(%s) stays where it stands beside a useless one', async (name) => {
    expect(await mended(rulesOf(`no-expiry, ${name}`))).toBe(rulesOf(name))
    expect(await mended(rulesOf(`${name}, no-expiry`))).toBe(rulesOf(name))
    expect(await mended(rulesOf(`no-expiry ${name} topic-missing`))).toBe(rulesOf(name))
  })
})

describe('an ignore of how the file is laid out', () => {
  const loose = rulesOf('not-formatted').replace('1.server = ', '1.server= ')

  it('is heeded where that is looked at', () => {
    expect(found(loose, { layout: true })).toEqual([])
    expect(found(loose.replace(/^.*\n/, ''), { layout: true })).toEqual(['not-formatted'])
  })

  it('is not called unused where that is not looked at', () => {
    expect(found(loose)).toEqual([])
  })

  it('is not called unused where other findings come first', () => {
    expect(found(`${loose}zone.x = 1\n`, { layout: true })).toEqual(['foreign-setting'])
  })
})

describe('an ignore of a variable that is not set', () => {
  const text = '# hookline-ignore env-unset -- it comes from the deployment\nnode.name = ${env:NODE}\n'

  it('is heeded where that is a warning, and not called unused where it is set', () => {
    expect(found(text, { unsetEnv: 'warning' })).toEqual([])
    const set = { name: 'rules.conf', text, references: [{ kind: 'env', name: 'NODE', value: 'n1' }] } as const
    expect(compile([set]).diagnostics).toEqual([])
  })
})
