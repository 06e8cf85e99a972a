import { isUtf8 } from 'node:buffer'
import type { Settings } from '../language/settings.ts'

/** Why a connection ends: what its client sent. */
export interface Refusal {
  /** What is wrong with the packet, to follow "a packet with". Never quotes the packet. */
  readonly problem: string
  /** As `${reason}` of `client.disconnected` says it. */
  readonly reason: 'protocol' | 'limit'
  /** The return code that is sent first, to a CONNECT; absent: the connection ends without a word. */
  readonly connack?: 1 | 2
}

/** Bounds on what a client may send (SPEC 1.1). */
export type Limits = Pick<Settings, 'maxPacketSize' | 'maxClientidLen' | 'maxTopicLevels' | 'idleTimeoutMs'>

export const CONNECT = 1
export const DISCONNECT = 14

/** Where a whole packet lies in what was read. */
export interface Extent {
  /** Its first byte. */
  readonly at: number
  /** Where its variable header begins, behind the remaining length. */
  readonly body: number
  /** Behind its last byte. */
  readonly end: number
}

/** A type of packet that a client may send. */
interface Kind {
  /** The low four bits of the first byte; absent where they carry meaning [MQTT-2.2.2-1]. */
  readonly flags: number | undefined
  /** What is wrong with a whole packet, from its variable header on. */
  check(bytes: Buffer, packet: Extent, limits: Limits): Refusal | undefined
}

/** By the high four bits of the first byte. What is not here only a server sends, or nobody. */
const KINDS: Readonly<Partial<Record<number, Kind>>> = {
  [CONNECT]: { flags: 0, check: connectRefusal },
  3: { flags: undefined, check: publishRefusal },
  4: { flags: 0, check: acknowledgementRefusal },
  5: { flags: 0, check: acknowledgementRefusal },
  6: { flags: 2, check: acknowledgementRefusal },
  7: { flags: 0, check: acknowledgementRefusal },
  8: { flags: 2, check: subscribeRefusal },
  10: { flags: 2, check: unsubscribeRefusal },
  12: { flags: 0, check: emptyRefusal },
  [DISCONNECT]: { flags: 0, check: emptyRefusal },
}

/** The protocol level that goes with a protocol name: 3.1.1, and 3.1 for old devices. */
const LEVELS: ReadonlyMap<string, number> = new Map([['MQTT', 4], ['MQIsdp', 3]])

const WRONG_TYPE = protocol('a type that no client sends')
const WRONG_FLAGS = protocol('reserved flags that are not as they must be')
const QOS_3 = protocol('QoS 3')
const DUP_OF_QOS_0 = protocol('DUP set and QoS 0')
const CUT_OFF = protocol('a length that its fields do not fit into')
const LEFT_OVER = protocol('more bytes than its fields')
const NOT_UTF8 = protocol('a text that is not UTF-8')
const NUL = protocol('U+0000 in a text')
const NO_PACKET_ID = protocol('packet id 0')
const NO_TOPIC = protocol('an empty topic')
const WILDCARD_IN_TOPIC = protocol('a wildcard in its topic')
const NO_FILTER = protocol('no topic filter')
const WRONG_OPTIONS = protocol('a requested QoS that is not 0, 1 or 2')
const WRONG_NAME = protocol('a protocol name that is not "MQTT"')
const WRONG_CONNECT_FLAGS = protocol('connect flags that contradict each other')
const TOO_DEEP: Refusal = { problem: 'a topic of more levels than mqtt.max_topic_levels', reason: 'limit' }
// The return codes of CONNACK: table 3.1 of the standard
const WRONG_LEVEL: Refusal = { problem: 'a protocol level that is not 4', reason: 'protocol', connack: 1 }
const NAMELESS: Refusal = { problem: 'neither a client id nor a clean session', reason: 'protocol', connack: 2 }
const LONG_NAME: Refusal = { problem: 'a client id longer than mqtt.max_clientid_len', reason: 'limit', connack: 2 }

/** What is wrong with the first byte of a packet, if something is. */
export function headerRefusal(first: number): Refusal | undefined {
  const kind = KINDS[first >> 4]
  if (kind === undefined) return WRONG_TYPE
  if (kind.flags !== undefined) return (first & 0xf) === kind.flags ? undefined : WRONG_FLAGS // [MQTT-2.2.2-2]
  const qos = (first >> 1) & 3
  if (qos === 3) return QOS_3 // [MQTT-3.3.1-4]
  return qos === 0 && (first & 8) !== 0 ? DUP_OF_QOS_0 : undefined // [MQTT-3.3.1-2]
}

/**
 * What is wrong with a whole packet whose first byte was fine, if something is. After it the packet's
 * fields are all there, its texts are UTF-8 without U+0000, its packet id is not 0: mqtt-packet looks at
 * none of these. Filters are not looked into: a wrong one is refused by itself.
 */
export function bodyRefusal(bytes: Buffer, packet: Extent, limits: Limits): Refusal | undefined {
  return KINDS[byteAt(bytes, packet.at) >> 4]?.check(bytes, packet, limits)
}

function publishRefusal(bytes: Buffer, { at, body, end }: Extent, { maxTopicLevels }: Limits): Refusal | undefined {
  const next = afterTopic(bytes, body, end, maxTopicLevels)
  if (typeof next !== 'number') return next
  return (byteAt(bytes, at) & 6) === 0 ? undefined : packetIdRefusal(bytes, next, end)
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP: a packet id and nothing else. */
function acknowledgementRefusal(bytes: Buffer, { body, end }: Extent): Refusal | undefined {
  const refusal = packetIdRefusal(bytes, body, end)
  if (refusal !== undefined) return refusal
  return body + 2 === end ? undefined : LEFT_OVER
}

function subscribeRefusal(bytes: Buffer, { body, end }: Extent): Refusal | undefined {
  const refusal = packetIdRefusal(bytes, body, end)
  if (refusal !== undefined) return refusal
  let next = body + 2
  if (next === end) return NO_FILTER // [MQTT-3.8.3-3]
  while (next < end) {
    const qos = afterText(bytes, next, end)
    if (typeof qos !== 'number') return qos
    if (qos === end) return CUT_OFF
    if (byteAt(bytes, qos) > 2) return WRONG_OPTIONS // [MQTT-3.8.3-4]
    next = qos + 1
  }
  return undefined
}

function unsubscribeRefusal(bytes: Buffer, { body, end }: Extent): Refusal | undefined {
  const refusal = packetIdRefusal(bytes, body, end)
  if (refusal !== undefined) return refusal
  let next: number | Refusal = body + 2
  if (next === end) return NO_FILTER // [MQTT-3.10.3-2]
  while (next < end) {
    next = afterText(bytes, next, end)
    if (typeof next !== 'number') return next
  }
  return undefined
}

function emptyRefusal(_bytes: Buffer, { body, end }: Extent): Refusal | undefined {
  return body === end ? undefined : LEFT_OVER
}

/** Connect flags [MQTT-3.1.2-3] to [MQTT-3.1.2-22]. */
const RESERVED = 0x01
const CLEAN_SESSION = 0x02
const WILL = 0x04
const WILL_QOS = 0x18
const WILL_RETAIN = 0x20
const PASSWORD = 0x40
const USERNAME = 0x80

/** [MQTT-3.1.4-1]: a CONNECT that is none gets no CONNACK; one that we do not take gets its return code. */
function connectRefusal(bytes: Buffer, { body, end }: Extent, limits: Limits): Refusal | undefined {
  const level = afterText(bytes, body, end)
  if (typeof level !== 'number') return level
  const expected = LEVELS.get(bytes.toString('latin1', body + 2, level))
  if (expected === undefined) return WRONG_NAME // [MQTT-3.1.2-1]
  if (level === end) return CUT_OFF
  // before anything else: another level has other fields [MQTT-3.1.2-2]
  if (byteAt(bytes, level) !== expected) return WRONG_LEVEL
  // behind level, flags, and two bytes of keepalive
  const clientid = level + 4
  if (clientid > end) return CUT_OFF
  const flags = byteAt(bytes, level + 1)
  if (contradicts(flags)) return WRONG_CONNECT_FLAGS

  // in this order [MQTT-3.1.3-1]
  let next = afterText(bytes, clientid, end)
  if (typeof next === 'number' && (flags & WILL) !== 0) next = afterTopic(bytes, next, end, limits.maxTopicLevels)
  if (typeof next === 'number' && (flags & WILL) !== 0) next = afterBytes(bytes, next, end)
  if (typeof next === 'number' && (flags & USERNAME) !== 0) next = afterText(bytes, next, end)
  if (typeof next === 'number' && (flags & PASSWORD) !== 0) next = afterBytes(bytes, next, end)
  if (typeof next !== 'number') return next
  if (next !== end) return LEFT_OVER

  const clientidBytes = bytes.readUInt16BE(clientid)
  if (clientidBytes === 0 && (flags & CLEAN_SESSION) === 0) return NAMELESS // [MQTT-3.1.3-8]
  return clientidBytes > limits.maxClientidLen ? LONG_NAME : undefined // [MQTT-3.1.3-9]
}

function contradicts(flags: number): boolean {
  if ((flags & RESERVED) !== 0) return true
  if ((flags & PASSWORD) !== 0 && (flags & USERNAME) === 0) return true
  return (flags & WILL) === 0 ? (flags & (WILL_QOS | WILL_RETAIN)) !== 0 : (flags & WILL_QOS) === WILL_QOS
}

/** [MQTT-2.3.1-1] */
function packetIdRefusal(bytes: Buffer, at: number, end: number): Refusal | undefined {
  if (at + 2 > end) return CUT_OFF
  return byteAt(bytes, at) === 0 && byteAt(bytes, at + 1) === 0 ? NO_PACKET_ID : undefined
}

/** Where the text that begins at `at` with its length ends; or what is wrong with it [MQTT-1.5.3-1], [MQTT-1.5.3-2]. */
function afterText(bytes: Buffer, at: number, end: number): number | Refusal {
  const stop = afterBytes(bytes, at, end)
  if (typeof stop !== 'number') return stop
  let seen = 0
  for (let i = at + 2; i < stop; i++) {
    const byte = byteAt(bytes, i)
    if (byte === 0) return NUL
    seen |= byte
  }
  return seen > 0x7f && !isUtf8(bytes.subarray(at + 2, stop)) ? NOT_UTF8 : stop
}

const HASH = 0x23
const PLUS = 0x2b
const SLASH = 0x2f

/** As {@link afterText}, of a topic name [MQTT-3.3.2-2], [MQTT-4.7.3-1]. Every message comes this way: one pass, no copy. */
function afterTopic(bytes: Buffer, at: number, end: number, maxLevels: number): number | Refusal {
  const stop = afterBytes(bytes, at, end)
  if (typeof stop !== 'number') return stop
  if (stop === at + 2) return NO_TOPIC
  let seen = 0
  let levels = 1
  for (let i = at + 2; i < stop; i++) {
    const byte = byteAt(bytes, i)
    if (byte === 0) return NUL
    if (byte === HASH || byte === PLUS) return WILDCARD_IN_TOPIC
    if (byte === SLASH) levels++
    seen |= byte
  }
  if (levels > maxLevels) return TOO_DEEP
  return seen > 0x7f && !isUtf8(bytes.subarray(at + 2, stop)) ? NOT_UTF8 : stop
}

function afterBytes(bytes: Buffer, at: number, end: number): number | Refusal {
  if (at + 2 > end) return CUT_OFF
  const stop = at + 2 + (byteAt(bytes, at) << 8 | byteAt(bytes, at + 1))
  return stop > end ? CUT_OFF : stop
}

/** The caller knows that it is there. */
function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0
}

function protocol(problem: string): Refusal {
  return { problem, reason: 'protocol' }
}
