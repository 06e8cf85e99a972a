import type { MessageRecord } from '../actions/message-record.ts'
import type { WholeNumbers } from './whole-numbers.ts'

export interface PackedRecord {
  /** 0 where the records do not come from a log. */
  readonly score: number
  readonly record: MessageRecord
}

/**
 * Unpacks what scripts/record.lua packed: the numbers of the heads, and the records' texts;
 * undefined for a record that is not there. Payloads are slices of `texts`.
 */
export function unpackRecords(heads: WholeNumbers, texts: Buffer): (PackedRecord | undefined)[] {
  const records: (PackedRecord | undefined)[] = []
  let offset = 0
  const number = (): number => heads.next() ?? 0
  const text = (bytes: number): string => texts.toString('utf8', offset, offset += bytes)
  while (!heads.ended) {
    const score = heads.next()
    if (score === undefined) {
      records.push(undefined)
      continue
    }
    const [idBytes, fromBytes, topicBytes, qos, payloadBytes, ts, retain] = [number(), number(), number(), number(), number(), number(), number()]
    const id = text(idBytes)
    const from = text(fromBytes)
    const topic = text(topicBytes)
    const payload = texts.subarray(offset, offset += payloadBytes)
    records.push({ score, record: { id, from, topic, qos: qos === 2 ? 2 : qos === 1 ? 1 : 0, payload, ts, retain: retain === 1 } })
  }
  return records
}
