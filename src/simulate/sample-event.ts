import type { HookEvent } from '../actions/action.ts'
import type { HookName } from '../language/hooks.ts'
import { HOOKS } from '../language/hooks.ts'

/** What a person says of an event; the rest is made up. */
export interface EventDetails {
  readonly clientid?: string | undefined
  readonly username?: string | undefined
  readonly topic?: string | undefined
  readonly qos?: 0 | 1 | 2 | undefined
  readonly retain?: boolean | undefined
  readonly payload?: Buffer | undefined
  readonly msgid?: string | undefined
  readonly reason?: string | undefined
  /** Seconds since 1970. */
  readonly ts?: number | undefined
  readonly node: string
}

/** An event of the hook with what that hook's events have, no more and no less (SPEC 2). */
export function sampleEvent(hook: HookName, details: EventDetails): HookEvent {
  const { clientid = 'client', username, node, ts = 0, topic, qos = 1, retain = false, payload = Buffer.alloc(0), msgid = '<msgid>', reason = 'normal' } = details
  const base = { hook, clientid, username, node, ts, ...HOOKS[hook].hasTopic && topic !== undefined ? { topic } : {} }
  switch (hook) {
    case 'client.disconnected': return { ...base, reason }
    case 'client.connected':
    case 'session.created':
    case 'session.unsubscribed': return base
    case 'session.subscribed': return { ...base, qos }
    case 'message.publish': return {
      ...base, msgid, payload, qos, retain, record: { id: msgid, from: clientid, qos, topic: topic ?? '', payload, ts, retain },
    }
    case 'message.delivered':
    case 'message.acked': return { ...base, msgid, qos }
    default: return hook satisfies never
  }
}
