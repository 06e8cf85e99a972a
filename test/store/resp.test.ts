import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeCommand, EncodedArguments } from '../../src/store/resp.ts'

/** The same, argument by argument as the protocol describes it. */
function plainly(name: string, args: readonly (string | Buffer)[]): Buffer {
  const fields = [name, ...args].map((field) => Buffer.from(field))
  return Buffer.concat([
    Buffer.from(`*${fields.length}\r\n`),
    ...fields.flatMap((field) => [Buffer.from(`$${field.length}\r\n`), field, Buffer.from('\r\n')]),
  ])
}

test('whatever the arguments hold, their bytes and lengths are what Redis is told', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 80 }), fc.constantFrom('', 'é', 'a\u0000b', '𝄞'.repeat(40)))
  const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each))
  fc.assert(fc.property(fc.array(fc.oneof(text, bytes), { maxLength: 40 }), fc.nat(40), (args, known) => {
    expect(encodeCommand('evalsha', args).equals(plainly('evalsha', args))).toBe(true)
    const more = new EncodedArguments()
    for (const arg of args.slice(known)) more.add(arg)
    // as often as it is sent
    for (let i = 0; i < 2; i++) expect(encodeCommand('evalsha', args.slice(0, known), more).equals(plainly('evalsha', args))).toBe(true)
  }), { numRuns: 2_000 })
})

test('lengths of any number of digits are written in full', () => {
  for (const length of [0, 1, 9, 10, 11, 99, 100, 101, 999, 1_000, 9_999, 10_000, 123_456]) {
    const args = [Buffer.alloc(length, 'x'), 'x'.repeat(length)]
    expect(encodeCommand('get', args).equals(plainly('get', args))).toBe(true)
  }
  const many = Array.from({ length: 10_000 }, (_, i) => String(i))
  expect(encodeCommand('evalsha', many).equals(plainly('evalsha', many))).toBe(true)
})
