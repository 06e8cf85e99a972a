import type { MessageRecord } from './message-record.ts'

/**
 * What an action wants done in its pool, as data. The store alone decides how effects travel.
 * All but `command` may be repeated without harm.
 */
export type Effect =
  /** Record and log entry; answered with {@link Stored}. Expiry in seconds; absent: for ever. */
  | { readonly kind: 'store', readonly record: MessageRecord, readonly expirySeconds: number | undefined }
  | { readonly kind: 'retain', readonly record: MessageRecord, readonly expirySeconds: number | undefined }
  | { readonly kind: 'retain-delete', readonly record: MessageRecord }
  | { readonly kind: 'latest', readonly record: MessageRecord, readonly expirySeconds: number | undefined }
  | { readonly kind: 'ack-queue', readonly topic: string, readonly msgid: string }
  | { readonly kind: 'ack-pubsub', readonly clientid: string, readonly topic: string, readonly msgid: string }
  | { readonly kind: 'ack-latest', readonly topic: string, readonly msgid: string }
  /** `now` in seconds since 1970; `lastFence`: what this node's last `online` of the client answered, or 0. Answered with {@link Online}. */
  | { readonly kind: 'online', readonly clientid: string, readonly node: string, readonly now: number, readonly lastFence: number }
  | { readonly kind: 'offline', readonly clientid: string, readonly node: string, readonly now: number, readonly fence: number }
  /** One Redis command; the name is lower case and fixed text of the rule. */
  | { readonly kind: 'command', readonly name: string, readonly args: readonly (string | Buffer)[] }

export type EffectKind = Effect['kind']

/** Scores are microseconds of the pool's clock. `prev` is the score of the message before it on its topic, 0 for none; absent when the store no longer knows (a repeated call). */
export interface Stored {
  readonly score: number | undefined
  readonly prev: number | undefined
}

/** The `online_at` that was written, in seconds. */
export interface Online {
  readonly fence: number
}

/**
 * What became of one effect. `passing`: Redis is away or cannot now (SPEC 4.2); with `hold` the
 * store keeps trying and never answers so. `lasting`: it will never do this.
 */
export type Outcome =
  | { readonly ok: true, readonly stored?: Stored, readonly online?: Online }
  | { readonly ok: false, readonly failure: 'passing' | 'lasting', readonly message: string }
