import fc from 'fast-check'
import { expect, it } from 'vitest'
import { commandEffects } from '../../src/actions/commands.ts'
import { compile } from '../../src/compile.ts'
import type { CommandTemplate } from '../../src/plan/program.ts'

/** The commands of a rule, as they are planned; nothing if the rule has an error. */
function templates(...commands: string[]): readonly CommandTemplate[] | undefined {
  const rule = { topic: '#', action: { commands }, pool: 'p' }
  const text = `backend.redis.p.server = h\nbackend.redis.hook.message.publish.1 = ${JSON.stringify(rule)}`
  const action = compile([{ name: 'a.conf', text }]).program?.steps['message.publish'][0]?.action
  return action?.kind === 'commands' ? action.commands : undefined
}

function filled(template: readonly CommandTemplate[], values: { clientid: string, topic: string, payload: Buffer }) {
  const record = { id: 'm', from: values.clientid, qos: 1, topic: values.topic, payload: values.payload, ts: 1, retain: false } as const
  return commandEffects(template, {
    hook: 'message.publish', username: undefined, node: 'n', ts: 1, msgid: 'm', qos: 1, retain: false, record, ...values,
  }).flatMap(effect => effect.kind === 'command' ? [effect] : [])
}

it('fields are separated by exactly one space, two make an empty field', () => {
  expect(templates('SET  k:${clientid}:${topic} "a b" x"y ""')).toEqual([{
    name: 'set',
    fields: [[], ['k:', { placeholder: 'clientid' }, ':', { placeholder: 'topic' }], ['a b'], ['x"y'], []],
  }])
})

it('any text can be a field in double quotes', () => {
  const fields = fc.array(fc.string({ unit: 'grapheme' }).filter(field => !field.includes('${')), { minLength: 1, maxLength: 5 })
  fc.assert(fc.property(fields, (texts) => {
    const quoted = texts.map(text => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`)
    const [command] = templates(`DEL ${quoted.join(' ')}`) ?? []
    expect(command?.fields.map(parts => parts.map(part => typeof part === 'string' ? part : '').join(''))).toEqual(texts)
  }))
})

it('whatever a client sends, the number of arguments is that of the rule', () => {
  const template = templates('SET k:${clientid}:x "${topic} y" ${payload}', 'HSET m ${message}', 'PUBLISH ${topic} ${payload}${payload}')
  expect(template).toHaveLength(3)
  const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(' ', '"', '" "', '\r\nFLUSHALL\r\n', '${payload}', '*3\r\n', '\0', '\\'))
  fc.assert(fc.property(hostile, hostile, fc.uint8Array(), (clientid, topic, bytes) => {
    const payload = Buffer.from(bytes)
    const commands = filled(template ?? [], { clientid, topic, payload })
    expect(commands.map(({ name, args }) => [name, args.length])).toEqual([['set', 3], ['hset', 15], ['publish', 2]])
    expect(commands[0]?.args[2]).toEqual(payload)
  }))
})

it('a command never throws, however it is written', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (command) => {
    expect(() => templates(command, `SET ${command}`)).not.toThrow()
  }))
})
