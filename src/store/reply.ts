/** A reply of Redis, kind by kind as it came (RESP 2, redis.io/docs/reference/protocol-spec). */
export type Reply =
  | { readonly kind: 'status', readonly text: string }
  | { readonly kind: 'error', readonly text: string }
  /** In decimal digits: it has 64 bits. */
  | { readonly kind: 'integer', readonly text: string }
  | { readonly kind: 'bytes', readonly bytes: Buffer }
  | { readonly kind: 'nil' }
  | { readonly kind: 'list', readonly items: readonly Reply[] }

/** Reads one whole reply. Throws for what is none. */
export function readReply(bytes: Buffer): Reply {
  let at = 0

  function next(): Reply {
    const kind = String.fromCharCode(bytes[at] ?? 0)
    const line = takeLine()
    switch (kind) {
      case '+': return { kind: 'status', text: line }
      case '-': return { kind: 'error', text: line }
      case ':': return { kind: 'integer', text: line }
      case '$': return line === '-1' ? { kind: 'nil' } : { kind: 'bytes', bytes: takeBytes(Number(line)) }
      case '*': return line === '-1' ? { kind: 'nil' } : { kind: 'list', items: Array.from({ length: Number(line) }, next) }
      default: throw new Error(`no reply of Redis begins with byte ${bytes[at]}`)
    }
  }

  function takeLine(): string {
    const end = bytes.indexOf('\r\n', at)
    if (end === -1) throw new Error('a reply of Redis without its end')
    const line = bytes.toString('utf8', at + 1, end)
    at = end + 2
    return line
  }

  function takeBytes(length: number): Buffer {
    const taken = bytes.subarray(at, at + length)
    at += length + 2
    return taken
  }

  return next()
}
