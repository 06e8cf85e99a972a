import { readFileSync } from 'node:fs'

/** What Node puts in place of bytes that are no UTF-8. */
const REPLACEMENT = '\uFFFD'

/**
 * The last arguments of this process as the bytes that were typed. Node decodes them, which
 * destroys what is no UTF-8; Linux still has them (proc(5), cmdline), elsewhere they are lost.
 */
export function argumentBytes(args: readonly string[]): readonly Buffer[] {
  const decoded = args.map(arg => Buffer.from(arg))
  if (!args.some(arg => arg.includes(REPLACEMENT))) return decoded
  const typed = typedArguments().slice(-args.length)
  const same = typed.length === args.length && typed.every((bytes, i) => bytes.toString() === args[i])
  return same ? typed : decoded
}

function typedArguments(): readonly Buffer[] {
  let bytes: Buffer
  try {
    bytes = readFileSync('/proc/self/cmdline')
  } catch {
    return []
  }
  const args: Buffer[] = []
  for (let start = 0, end = bytes.indexOf(0); end !== -1; start = end + 1, end = bytes.indexOf(0, start)) args.push(bytes.subarray(start, end))
  return args
}
