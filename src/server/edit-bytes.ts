import { inOrder } from '../diagnostic/apply-fixes.ts'
import type { Edit } from '../diagnostic/diagnostic.ts'
import { sourceText, spanOf } from '../diagnostic/source-text.ts'
import { decode } from './decode.ts'

const LINE_FEED = 0x0A
const UNKNOWN = '\uFFFD'

/**
 * The bytes of a file with edits of its text made, none of which overlap: all other bytes are as they
 * were, also those that are no UTF-8. Nothing where it is not known which bytes an edit means: those
 * between two that are no UTF-8, on one line.
 */
export function editBytes(bytes: Buffer, edits: readonly Edit[]): Buffer | undefined {
  const byteAt = byteOffsets(bytes)
  const parts: Buffer[] = []
  let at = 0
  for (const { span, text } of inOrder(edits)) {
    const [start, end] = [byteAt(span.start.offset), byteAt(span.end.offset)]
    if (start === undefined || end === undefined) return undefined
    parts.push(bytes.subarray(at, start), Buffer.from(text, 'utf8'))
    at = end
  }
  return Buffer.concat([...parts, bytes.subarray(at)])
}

/** Where a place in the text of a file is among its bytes. */
function byteOffsets(bytes: Buffer): (offset: number) => number | undefined {
  const { text } = decode(bytes)
  const source = sourceText({ name: '', text })
  // The byte of a line feed is part of no other character.
  const byteStarts = [0]
  for (let feed = bytes.indexOf(LINE_FEED); feed !== -1; feed = bytes.indexOf(LINE_FEED, feed + 1)) byteStarts.push(feed + 1)
  return (offset) => {
    const { line } = spanOf(source, offset, offset).start
    const before = text.slice(line === 1 ? 0 : source.lineStarts[line - 1], offset)
    if (!before.includes(UNKNOWN)) return (byteStarts[line - 1] ?? 0) + Buffer.byteLength(before)
    const after = text.slice(offset, source.lineStarts[line])
    return after.includes(UNKNOWN) ? undefined : (byteStarts[line] ?? bytes.length) - Buffer.byteLength(after)
  }
}
