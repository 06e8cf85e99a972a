import type { HookEvent } from './action.ts'
import type { MessageRecord } from './message-record.ts'

/** The message of a `message.publish` event. */
export function recordOf(event: HookEvent): MessageRecord {
  if (event.record === undefined) throw new Error(`a ${event.hook} event carries no message`)
  return event.record
}

/** Topic and msgid of a `message.acked` event. */
export function ackedMessage(event: HookEvent): { readonly topic: string, readonly msgid: string } {
  if (event.msgid === undefined || event.topic === undefined) throw new Error(`a ${event.hook} event names no message`)
  return { topic: event.topic, msgid: event.msgid }
}

/** What a subscription with QoS 0 is not owed is not fetched for it (SPEC 3). */
export function qos0Subscription({ qos }: HookEvent): string | undefined {
  return qos === 0 ? 'the subscription has QoS 0; what is stored is fetched for QoS 1 and 2' : undefined
}
