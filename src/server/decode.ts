import { isUtf8 } from 'node:buffer'
import type { ForeignByte, Source } from '../diagnostic/source.ts'

const LINE_FEED = 0x0A

/** The text of a rules file, and what of it is no UTF-8: that is read as U+FFFD, and compiling says so where it matters. */
export function decode(bytes: Buffer): Pick<Source, 'text' | 'foreign'> {
  if (isUtf8(bytes)) return { text: bytes.toString('utf8') }
  if (bytes[0] === 0xFF && bytes[1] === 0xFE) return { text: new TextDecoder('utf-16le').decode(bytes), foreign: 'UTF-16' }
  if (bytes[0] === 0xFE && bytes[1] === 0xFF) return { text: new TextDecoder('utf-16be').decode(bytes), foreign: 'UTF-16' }
  const foreign: ForeignByte[] = []
  let text = ''
  // The byte of a line feed is part of no other character, so each line can be looked at on its own.
  for (let start = 0; start < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, start)
    const line = bytes.subarray(start, feed === -1 ? bytes.length : feed + 1)
    const at = firstForeign(line)
    if (at !== -1) foreign.push({ offset: text.length + line.toString('utf8', 0, at).length, byte: line[at] ?? 0 })
    text += line.toString('utf8')
    start += line.length
  }
  return { text, foreign }
}

/** Where the first byte stands that begins no character, or -1. */
function firstForeign(line: Buffer): number {
  for (let at = 0; at < line.length;) {
    const length = [1, 2, 3, 4].find(count => at + count <= line.length && isUtf8(line.subarray(at, at + count)))
    if (length === undefined) return at
    at += length
  }
  return -1
}
