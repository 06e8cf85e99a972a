import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeCommand, EncodedArguments } from '../../src/store/resp.ts'

/** In whatever pieces. */
function encoded(name: string, args: readonly (string | Buffer)[], more?: EncodedArguments): Buffer {
  return Buffer.concat(encodeCommand(name, args, more))
}

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
    expect(encoded('evalsha', args).equals(plainly('evalsha', args))).toBe(true)
    const more = new EncodedArguments()
    for (const arg of args.slice(known)) more.add(arg)
    // as often as it is sent
    for (let i = 0; i < 2; i++) expect(encoded('evalsha', args.slice(0, known), more).equals(plainly('evalsha', args))).toBe(true)
  }), { numRuns: 2_000 })
})

test('lengths of any number of digits are written in full', () => {
  for (const length of [0, 1, 9, 10, 11, 99, 100, 101, 999, 1_000, 9_999, 10_000, 123_456]) {
    const args = [Buffer.alloc(length, 'x'), 'x'.repeat(length)]
    expect(encoded('get', args).equals(plainly('get', args))).toBe(true)
  }
  const many = Array.from({ length: 10_000 }, (_, i) => String(i))
  expect(encoded('evalsha', many).equals(plainly('evalsha', many))).toBe(true)
})

test('what is large is encoded in pieces, whatever the sizes are', () => {
  const size = fc.oneof(fc.nat(5_000), fc.nat(70_000), fc.constantFrom(65_500, 65_536, 200_000))
  fc.assert(fc.property(fc.array(size, { maxLength: 60 }), (sizes) => {
    const args = sizes.map((bytes, i) => i % 3 === 0 ? 'x'.repeat(bytes) : Buffer.alloc(bytes, i))
    const more = new EncodedArguments()
    for (const arg of args) more.add(arg)
    for (let i = 0; i < 2; i++) expect(encoded('evalsha', ['0'], more).equals(plainly('evalsha', ['0', ...args]))).toBe(true)
  }), { numRuns: 200 })
})

test('no piece takes more than 64 KiB of memory, as long as no argument does', () => {
  const more = new EncodedArguments()
  for (let i = 0; i < 1_000; i++) more.add(Buffer.alloc(4_000, i))
  const pieces = encodeCommand('evalsha', ['0'], more)
  expect(Math.max(...pieces.map(({ buffer }) => buffer.byteLength))).toBe(65_536)
  expect(pieces.length).toBeLessThan(70)
})
