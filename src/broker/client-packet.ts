import type { ISubscribePacket, IUnsubscribePacket } from 'mqtt-packet'
import type { IncomingPublish } from '../delivery/publisher.ts'
import type { Extent } from './packet-check.ts'

/** What a client sends between CONNECT and DISCONNECT. */
export type ClientPacket = PublishPacket | Acknowledgement | Ping | ISubscribePacket | IUnsubscribePacket

export interface PublishPacket extends IncomingPublish {
  readonly cmd: 'publish'
}

export interface Acknowledgement {
  readonly cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'
  readonly packetId: number
}

export interface Ping {
  readonly cmd: 'pingreq'
}

const PUBLISH = 3
const PINGREQ = 12
const PING: Ping = { cmd: 'pingreq' }
/** By the high four bits of the first byte. */
const ACKNOWLEDGEMENTS: Readonly<Partial<Record<number, Acknowledgement['cmd']>>> = { 4: 'puback', 5: 'pubrec', 6: 'pubrel', 7: 'pubcomp' }

/**
 * The fields of a PUBLISH, an acknowledgement or a PINGREQ that the check has found right; undefined for other
 * types. These are nearly all packets that there are, and mqtt-packet spends more on one than all the
 * rest of the broker. The payload is a slice of what was read.
 */
export function readOften(bytes: Buffer, { at, body, end }: Extent): PublishPacket | Acknowledgement | Ping | undefined {
  const first = bytes[at] ?? 0
  if (first >> 4 === PUBLISH) return readPublish(bytes, first, body, end)
  if (first >> 4 === PINGREQ) return PING
  const cmd = ACKNOWLEDGEMENTS[first >> 4]
  return cmd === undefined ? undefined : { cmd, packetId: numberAt(bytes, body) }
}

function readPublish(bytes: Buffer, first: number, body: number, end: number): PublishPacket {
  const behindTopic = body + 2 + numberAt(bytes, body)
  const bits = (first >> 1) & 3
  const qos = bits === 2 ? 2 : bits === 1 ? 1 : 0
  return {
    cmd: 'publish',
    topic: bytes.toString('utf8', body + 2, behindTopic),
    payload: bytes.subarray(qos === 0 ? behindTopic : behindTopic + 2, end),
    qos,
    retain: (first & 1) === 1,
    packetId: qos === 0 ? 0 : numberAt(bytes, behindTopic),
  }
}

function numberAt(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0)
}
