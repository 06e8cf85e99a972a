import { readFileSync } from 'node:fs'

/** Rules that scenarios run hookline with, without the lines of pool and listeners. */

export const ONE_RULE = rule('message.publish.1', 'on_message_publish', { topic: '#', expirySeconds: 3_600 })

/** The rules of rules/hookline.conf. */
export const DEFAULT_RULES = readFileSync(new URL('../../rules/hookline.conf', import.meta.url), 'utf8')
  .split('\n').filter(line => line.startsWith('backend.redis.hook.')).join('\n')

/** Stores, delivers and deletes what is published under `queue/`. */
export const QUEUE_RULES = [
  rule('message.publish.1', 'on_message_publish', { topic: 'queue/#', expirySeconds: 3_600 }),
  rule('session.subscribed.1', 'on_message_fetch_for_queue', { topic: 'queue/#' }),
  rule('message.acked.1', 'on_message_acked_for_queue', { topic: 'queue/#' }),
].join('\n')

export const RETAINED_RULES = [
  rule('message.publish.1', 'on_message_retain', { topic: '#', expirySeconds: 3_600 }),
  rule('message.publish.2', 'on_retain_delete', { topic: '#' }),
  rule('session.subscribed.1', 'on_retain_lookup', {}),
].join('\n')

/** What is asked and noted when a client comes and goes. */
export const CONNECT_RULES = [
  rule('client.connected.1', 'on_client_connected', {}),
  rule('client.connected.2', 'on_subscribe_lookup', {}),
  rule('client.disconnected.1', 'on_client_disconnected', {}),
].join('\n')

/** Room for all that publishers may have under way: a subscriber's window is no reason to read from Redis. */
export const WIDE_WINDOW = 'mqtt.max_inflight = 1000'

/** The others let as much wait in memory for a subscriber as comes; publishers wait for the mean of ten, and one of them may be far behind. */
export const LONG_QUEUE = 'mqtt.max_mqueue_len = 100000'

/** So many rules that store, each for the topics below `plant/<its number from 0>/`. */
export function manyRules(count: number): string {
  return Array.from({ length: count }, (_, index) =>
    rule(`message.publish.${index + 1}`, 'on_message_publish', { topic: `plant/${index}/#`, expirySeconds: 3_600 })).join('\n')
}

/** The line of a rule of pool1. */
export function rule(key: string, name: string, { topic, expirySeconds }: { readonly topic?: string, readonly expirySeconds?: number }): string {
  return `backend.redis.hook.${key} = ${JSON.stringify({ topic, action: { function: name }, expired_time: expirySeconds, pool: 'pool1' })}`
}
