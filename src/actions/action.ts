import type { HookName } from '../language/hooks.ts'
import type { Effect } from './effect.ts'
import type { MessageRecord } from './message-record.ts'

/** The functions of the language ("EMQ X 4.4 Redis backend"). */
export type FunctionName =
  | 'on_client_connected' | 'on_client_disconnected' | 'on_subscribe_lookup'
  | 'on_message_publish' | 'on_message_fetch_for_queue' | 'on_message_acked_for_queue'
  | 'on_message_fetch_for_pubsub' | 'on_message_acked_for_pubsub'
  | 'on_message_retain' | 'on_retain_delete' | 'on_retain_lookup'
  | 'on_message_store_keep_latest' | 'on_message_fetch_for_keep_latest' | 'on_message_acked_for_keep_latest'

/** What happened, with all that its hook's placeholders need. Times in seconds since 1970. */
export interface HookEvent {
  readonly hook: HookName
  readonly clientid: string
  readonly username: string | undefined
  readonly node: string
  readonly ts: number
  readonly topic?: string
  readonly msgid?: string
  readonly payload?: Buffer
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  readonly reason?: string
  /** `message.publish` only: the message as it is stored. */
  readonly record?: MessageRecord
}

/**
 * A function of the language: its own catalogue row. Functions that only write give `effects`;
 * those that bring something (`brings`) are carried out by delivery, which knows from the program
 * what a subscription is owed.
 */
export interface Action {
  readonly name: FunctionName
  readonly hooks: readonly HookName[]
  readonly summary: string
  /** What else is to be known of it, in sentences. */
  readonly doc: string
  /** What of the hook's events it is about, by their QoS; absent: they have none. */
  readonly qos?: string
  /** `expired_time` means something for it. */
  readonly expires: boolean
  /** Redis keys it touches, with the placeholders of the language, for docs and explain. */
  readonly keys: readonly string[]
  /**
   * Why the function asks nothing of Redis for this event, although its rule matches: a clause for
   * people; undefined: it does. `effects` is asked only then.
   */
  readonly skips?: (event: HookEvent) => string | undefined
  readonly effects?: (event: HookEvent, expirySeconds: number | undefined) => Effect
  readonly brings?: 'subscriptions' | 'queue' | 'pubsub' | 'latest' | 'retained'
}
