import type { Reply } from '../store/reply.ts'

/** As redis-cli prints a reply on a terminal (redis/src/redis-cli.c, cliFormatReplyTTY). */
export function replyForPeople(reply: Reply): string {
  return people(reply, '')
}

/** As redis-cli prints a reply where it is no terminal, or with --raw: the bytes themselves (cliFormatReplyRaw). */
export function replyRaw(reply: Reply): Buffer {
  return Buffer.concat([raw(reply), LINE_END])
}

/** Replies that are text in lines: redis-cli prints them so on a terminal too (cliSendCommand, output_raw). */
export function isReport(args: readonly string[]): boolean {
  const [name = '', sub = ''] = args.map(arg => arg.toLowerCase())
  return name === 'info' || name === 'lolwut' || REPORTS.has(`${name} ${sub}`)
}

const REPORTS: ReadonlySet<string> = new Set([
  'debug htstats', 'debug htstats-key', 'memory malloc-stats', 'memory doctor', 'cluster nodes', 'cluster info',
  'latency graph', 'latency doctor',
])

/** For {@link isReport}: without an end of line beyond its own. */
export function replyAsReport(reply: Reply): Buffer {
  return raw(reply)
}

const LINE_END = Buffer.from('\n')

function people(reply: Reply, indent: string): string {
  switch (reply.kind) {
    case 'status': return `${reply.text}\n`
    case 'error': return `(error) ${reply.text}\n`
    case 'integer': return `(integer) ${reply.text}\n`
    case 'nil': return '(nil)\n'
    case 'bytes': return `${quoted(reply.bytes)}\n`
    case 'list': {
      if (reply.items.length === 0) return '(empty array)\n'
      const width = String(reply.items.length).length
      const deeper = `${indent}${' '.repeat(width + 2)}`
      // whoever is above has written the first one's indent
      return reply.items.map((item, i) => `${i === 0 ? '' : indent}${String(i + 1).padStart(width)}) ${people(item, deeper)}`).join('')
    }
    default: return reply satisfies never
  }
}

function raw(reply: Reply): Buffer {
  switch (reply.kind) {
    case 'status':
    case 'integer': return Buffer.from(reply.text)
    case 'error': return Buffer.from(`${reply.text}\n`)
    case 'nil': return Buffer.alloc(0)
    case 'bytes': return reply.bytes
    case 'list': return Buffer.concat(reply.items.flatMap((item, i) => i === 0 ? [raw(item)] : [LINE_END, raw(item)]))
    default: return reply satisfies never
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u0007': '\\a', '\b': '\\b',
}

/** Byte by byte: what is no printable ASCII is shown as its number (redis/src/sds.c, sdscatrepr). */
function quoted(bytes: Buffer): string {
  const characters = Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte)
    return ESCAPES[character] ?? (byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, '0')}`)
  })
  return `"${characters.join('')}"`
}
