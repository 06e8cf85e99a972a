import type { MessageRecord } from '../actions/message-record.ts'

export interface PackedRecord {
  /** 0 where the records do not come from a log. */
  readonly score: number
  readonly record: MessageRecord
}

/**
 * Unpacks what scripts/record.lua packed: the words of the heads, and the records' texts;
 * undefined for a record that is not there. Payloads are slices of `texts`.
 */
export function unpackRecords(heads: readonly string[], texts: Buffer): (PackedRecord | undefined)[] {
  const records: (PackedRecord | undefined)[] = []
  let offset = 0
  const text = (length: string | undefined): string => texts.toString('utf8', offset, offset += Number(length))
  for (let i = 0; i < heads.length;) {
    if (heads[i] === '-') {
      records.push(undefined)
      i++
      continue
    }
    const [score, idBytes, fromBytes, topicBytes, qos, payloadBytes, ts, retain] = heads.slice(i, i += 8)
    records.push({
      score: Number(score),
      record: {
        id: text(idBytes),
        from: text(fromBytes),
        topic: text(topicBytes),
        qos: qos === '2' ? 2 : qos === '1' ? 1 : 0,
        payload: texts.subarray(offset, offset += Number(payloadBytes)),
        ts: Number(ts),
        retain: retain === '1',
      },
    })
  }
  return records
}
