/** A rule line in EMQ X's form. */
export function rule(name: string, action: string | readonly string[], topic?: string): string {
  const value = {
    ...(topic === undefined ? {} : { topic }),
    action: typeof action === 'string' ? { function: action } : { commands: action },
    ...(typeof action === 'string' && STORES.has(action) ? { expired_time: 3600 } : {}),
    pool: 'pool1',
  }
  return `backend.redis.hook.${name} = ${JSON.stringify(value)}`
}

/** Without an `expired_time` they keep for ever, which is a warning. */
const STORES = new Set(['on_message_publish', 'on_message_retain', 'on_message_store_keep_latest'])

/** Lines of a rules file. */
export function rules(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

/** `queue/#` for a queue, `pubsub/#` for many readers, each with its acknowledgements. */
export const STORED = [
  rule('message.publish.1', 'on_message_publish', '#'),
  rule('session.subscribed.1', 'on_message_fetch_for_queue', 'queue/#'),
  rule('session.subscribed.2', 'on_message_fetch_for_pubsub', 'pubsub/#'),
  rule('message.acked.1', 'on_message_acked_for_queue', 'queue/#'),
  rule('message.acked.2', 'on_message_acked_for_pubsub', 'pubsub/#'),
]
