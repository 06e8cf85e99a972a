import type { HookEvent } from '../actions/action.ts'
import type { RecentEvent } from '../engine/recent-events.ts'
import { sampleEvent } from './sample-event.ts'

/** An event as it can be run again: what stands in for a payload that is not known is short and differs where payloads do. */
export interface ReplayedEvent {
  readonly event: HookEvent
  /** Bytes of an argument that the real payload would have made. */
  readonly size: (arg: string | Buffer) => number
}

/** A payload that is known stands for itself up to so many bytes: what is replayed is shown and compared. */
const KNOWN_BYTES = 1_024

/** `node`: what `${node}` is. */
export function replayedEvent(recent: RecentEvent, node: string): ReplayedEvent {
  const { hook, clientid, username, topic, msgid, qos, retain, reason, at } = recent
  const { payload, isWhole } = payloadOf(recent)
  const event = sampleEvent(hook, { clientid, username, topic, msgid, qos, retain, reason, payload, ts: Math.floor(at / 1_000), node })
  const missing = (recent.payloadBytes ?? 0) - payload.length
  return { event, size: isWhole ? length : arg => length(arg) + occurrences(arg, payload) * missing }
}

function payloadOf({ payload, payloadBytes = 0, payloadHash, msgid = '' }: RecentEvent): { readonly payload: Buffer, readonly isWhole: boolean } {
  if (payloadBytes === 0) return { payload: Buffer.alloc(0), isWhole: true }
  if (payload !== undefined && payloadBytes <= KNOWN_BYTES) return { payload: Buffer.from(payload, 'base64'), isWhole: true }
  // of one whose hash is not known it is not known either whether it was like another
  return { payload: Buffer.from(`<${payloadBytes} bytes ${payloadHash ?? msgid}>`), isWhole: false }
}

function length(arg: string | Buffer): number {
  return typeof arg === 'string' ? Buffer.byteLength(arg) : arg.length
}

/** Where a payload gets into a command, it gets there as bytes. */
function occurrences(arg: string | Buffer, payload: Buffer): number {
  if (typeof arg === 'string') return 0
  let count = 0
  for (let at = arg.indexOf(payload); at !== -1; at = arg.indexOf(payload, at + payload.length)) count += 1
  return count
}
