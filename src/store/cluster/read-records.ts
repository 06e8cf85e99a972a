import { keys } from '../../actions/keys.ts'
import type { MessageRecord } from '../../actions/message-record.ts'
import { unpackRecords } from '../packed-records.ts'
import { WholeNumbers } from '../whole-numbers.ts'
import { ask, scriptCall } from './ask.ts'
import type { Nodes } from './nodes.ts'
import { CLUSTER_SCRIPTS } from './scripts.ts'

/** A record whose payload was too large to come: its bytes. */
export interface LargeRecord {
  readonly bytes: number
}

/** In place of what EMQ X left out of a record. */
export interface RecordDefaults {
  readonly id: string
  readonly topic: string
  readonly qos: string
}

/** The record at a key, or undefined; if its payload is larger than `most` bytes, only how large. Rejects when the cluster fails. */
export async function readRecord(nodes: Nodes, key: string, most: number, defaults?: RecordDefaults): Promise<MessageRecord | LargeRecord | undefined> {
  const { id, topic, qos } = defaults ?? { id: '', topic: '', qos: '' }
  const call = scriptCall(CLUSTER_SCRIPTS.readRecord, [key], [Number.isFinite(most) ? String(most) : '', id, topic, qos])
  const [head, text] = buffersOf(await ask(nodes, key, { ...call, binary: true }))
  if (head === undefined) return undefined
  return text === undefined ? { bytes: Number(head) } : unpack(head, text)
}

/** The record at a key, however large it is. */
export async function readWhole(nodes: Nodes, key: string, defaults?: RecordDefaults): Promise<MessageRecord | undefined> {
  const record = await readRecord(nodes, key, Infinity, defaults)
  return record === undefined || 'bytes' in record ? undefined : record
}

/** A stored message by its id. */
export function readMessage(nodes: Nodes, msgid: string): Promise<MessageRecord | undefined> {
  return readWhole(nodes, keys.message(msgid))
}

/** The latest message of a topic. */
export function readLatest(nodes: Nodes, topic: string): Promise<MessageRecord | undefined> {
  return readWhole(nodes, keys.latest(topic))
}

/** One record of scripts/record.lua. */
export function unpack(head: Buffer, text: Buffer): MessageRecord | undefined {
  return unpackRecords(new WholeNumbers(head.toString('latin1')), text)[0]?.record
}

export function buffersOf(reply: unknown): Buffer[] {
  return Array.isArray(reply) ? reply.filter((element): element is Buffer => Buffer.isBuffer(element)) : []
}
