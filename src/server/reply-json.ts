import type { Reply } from '../store/reply.ts'

/** A reply of Redis as JSON: bytes as base64, so that nothing is lost. */
export type ReplyJson =
  | Extract<Reply, { kind: 'status' | 'error' | 'integer' | 'nil' }>
  | { readonly kind: 'bytes', readonly base64: string }
  | { readonly kind: 'list', readonly items: readonly ReplyJson[] }

export function replyToJson(reply: Reply): ReplyJson {
  switch (reply.kind) {
    case 'bytes': return { kind: 'bytes', base64: reply.bytes.toString('base64') }
    case 'list': return { kind: 'list', items: reply.items.map(replyToJson) }
    default: return reply
  }
}

export function replyFromJson(json: ReplyJson): Reply {
  switch (json.kind) {
    case 'bytes': return { kind: 'bytes', bytes: Buffer.from(json.base64, 'base64') }
    case 'list': return { kind: 'list', items: json.items.map(replyFromJson) }
    default: return json
  }
}
