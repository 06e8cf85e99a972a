/**
 * A stored message: the hash at `mqtt:msg:{msgid}`, `mqtt:retain:{topic}` or `mqtt:latest:{topic}`,
 * always these fields in this order ("EMQ X 4.4 Redis backend", message persistence).
 */
export interface MessageRecord {
  /** msgid: 20 characters of base 62, whose byte order is its time order. */
  readonly id: string
  /** Client id of the publisher. */
  readonly from: string
  readonly qos: 0 | 1 | 2
  readonly topic: string
  /** May become a copy of itself: see {@link keepAlone}. */
  payload: Buffer
  /** Seconds since 1970. */
  readonly ts: number
  readonly retain: boolean
}

/** The seven values in the order of the record's fields. */
export function recordFields(record: MessageRecord): (string | Buffer)[] {
  return [
    record.id, record.from, String(record.qos), record.topic, record.payload,
    String(record.ts), record.retain ? 'true' : 'false',
  ]
}

/** Bytes that a payload may keep beside its own. */
const SLACK = 1_024

/**
 * To be called for a record that is kept: its payload is a slice of what was read with it, 64 KiB
 * of other messages perhaps, and would keep them all in memory, uncounted.
 */
export function keepAlone(record: MessageRecord): void {
  const { payload } = record
  if (payload.buffer.byteLength <= payload.length + SLACK) return
  const alone = Buffer.allocUnsafeSlow(payload.length)
  payload.copy(alone)
  record.payload = alone
}

/** The names of the record's fields, in order. */
export const RECORD_FIELDS = ['id', 'from', 'qos', 'topic', 'payload', 'ts', 'retain'] as const
