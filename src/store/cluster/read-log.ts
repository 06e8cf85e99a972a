import { keys } from '../../actions/keys.ts'
import type { MessageRecord } from '../../actions/message-record.ts'
import { msgidMicros } from '../../actions/msgid.ts'
import type { ColdPosition, LogEntry, LogKind, Page, PageRequest } from '../../delivery/ports.ts'
import { ask, askIfFit, askInOrder, command, textOf, textsOf } from './ask.ts'
import type { Nodes } from './nodes.ts'
import { readRecord, readWhole, type LargeRecord } from './read-records.ts'
import { renewScores } from './renew-scores.ts'
import { slotTag } from './slot-tag.ts'
import { slotOf } from './slot.ts'
import { repeatsKey, trim } from './trim-log.ts'

/** Of one page, beyond which it ends; one message comes in any case. */
const PAGE_BYTES = 256 * 1024
/** A larger message comes when it is known how much of its page the others take. */
const SMALL_BYTES = 8 * 1024
/** How far two clocks may be apart, as in scripts/start.lua. Microseconds. */
const SKEW = 60_000_000
/** Below it hookline never gave an id. Microseconds. */
const YEAR_2001 = 1e15

interface Row {
  readonly id: string
  readonly score: number
}

/**
 * The next entries of a topic's log, as scripts/page.lua on one server. The records lie in other
 * slots; ids whose records are gone are taken out of the log before the reader goes on behind them.
 * Rejects when the cluster fails.
 */
export async function readPage(nodes: Nodes, { kind, clientid, topic, after, position, limit }: PageRequest): Promise<Page | Error> {
  const log = keys.log(topic)
  const from = after ?? await startOf(nodes, { kind, clientid, topic, position })
  // the clock first: everything up to it is in what is read after it
  const [clockText, repeats, range] = await askInOrder(nodes, log, [
    command('get', clockKey(log)), command('get', repeatsKey(log)),
    command('zrangebyscore', log, `(${from}`, '+inf', 'WITHSCORES', 'LIMIT', '0', String(limit)),
  ])
  const rows = rowsOf(range)
  const found = await readRows(nodes, topic, rows)
  const missing = found.flatMap((record, i) => record === undefined ? rows[i]?.id ?? [] : [])
  const trimmed = missing.length === 0 || await trim(nodes, log, repeats, missing)
  const taken = trimmed ? found : found.slice(0, found.indexOf(undefined))
  if (taken.length === 0 && rows.length > 0) return new Error('a message of the topic is being stored once more')
  const entries = taken.flatMap((record, i): LogEntry[] => record === undefined ? [] : [{ score: rows[i]?.score ?? 0, record }])
  const last = rows[taken.length - 1]?.score ?? from
  const clock = Number(textOf(clockText) ?? 0)
  return {
    entries, last,
    more: taken.length < rows.length || rows.length === limit,
    clock: clock < last ? Math.max(clock, await seenUpTo(nodes, log, rows, last)) : clock,
  }
}

/** The score after which a cold reader of a topic's log goes on (SPEC 3), as in scripts/start.lua. */
export async function startOf(
  nodes: Nodes,
  { kind, clientid, topic, position }: { readonly kind: LogKind, readonly clientid: string, readonly topic: string, readonly position?: ColdPosition | undefined },
): Promise<number> {
  const log = keys.log(topic)
  await renewScores(nodes, log)
  if (kind === 'queue') return 0
  if (position?.doubted !== undefined) return await doubtedStart(nodes, log, position.msgid, position.doubted)
  const score = position === undefined ? undefined : await scoreOf(nodes, log, position.msgid)
  return Math.max(await heldStart(nodes, clientid, topic), score ?? 0)
}

async function doubtedStart(nodes: Nodes, log: string, msgid: string, { score, earlier }: NonNullable<ColdPosition['doubted']>): Promise<number> {
  if (await scoreOf(nodes, log, msgid) === score) return score
  const byTime = await timeStart(nodes, log, msgid)
  const stood = earlier !== undefined && await scoreOf(nodes, log, earlier.msgid) === earlier.score
  return stood ? Math.max(byTime, earlier.score) : byTime
}

async function scoreOf(nodes: Nodes, log: string, msgid: string): Promise<number | undefined> {
  const score = textOf(await ask(nodes, log, command('zscore', log, msgid)))
  return score === undefined ? undefined : Number(score)
}

async function heldStart(nodes: Nodes, clientid: string, topic: string): Promise<number> {
  const log = keys.log(topic)
  const key = keys.position(clientid, topic)
  const position = textOf(await askIfFit(nodes, key, command('get', key)))
  if (position === undefined) return 0
  const score = await scoreOf(nodes, log, position)
  if (score !== undefined) return score
  // client `a` of topic `b:c` and client `a:b` of topic `c` share a position: this one may be the other's
  const held = textOf(await askIfFit(nodes, keys.message(position), command('hget', keys.message(position), 'topic')))
  return held !== undefined && held !== topic ? 0 : await timeStart(nodes, log, position)
}

/** Of a position that is not in the log, by the time in it less one minute. */
async function timeStart(nodes: Nodes, log: string, msgid: string): Promise<number> {
  const micros = msgidMicros(msgid) ?? 0
  if (micros < YEAR_2001) return 0
  const clock = Number(textOf(await ask(nodes, log, command('get', clockKey(log)))) ?? 0)
  // never beyond the clock: the id was made by the broker's
  return Math.max(0, Math.min(micros - SKEW, clock))
}

/**
 * Where the clock may be behind what was read: the log was brought here from elsewhere, or its slot is on
 * its way to another master and somebody stored between one answer and the next. What has come since
 * the page was read was not seen.
 */
async function seenUpTo(nodes: Nodes, log: string, rows: readonly Row[], last: number): Promise<number> {
  return rows.length > 0 ? last : Math.min(last, await newestScore(nodes, log))
}

/** The score of the newest entry of a log, 0 if there is none. Rejects when the cluster fails. */
export async function newestScore(nodes: Nodes, log: string): Promise<number> {
  const [newest] = rowsOf(await askIfFit(nodes, log, command('zrevrange', log, '0', '0', 'WITHSCORES')))
  return newest?.score ?? 0
}

function clockKey(log: string): string {
  return keys.slotClock(slotTag(slotOf(log)))
}

function rowsOf(reply: unknown): Row[] {
  const texts = textsOf(reply)
  return Array.from({ length: texts.length / 2 }, (_, i) => ({ id: texts[2 * i] ?? '', score: Number(texts[2 * i + 1]) }))
}

/** Records of the first rows, as many as a page holds; undefined where there is none. */
async function readRows(nodes: Nodes, topic: string, rows: readonly Row[]): Promise<(MessageRecord | undefined)[]> {
  // EMQ X left fields out; only QoS 1 and 2 are logged
  const defaults = (id: string) => ({ id, topic, qos: '1' })
  const read = await Promise.all(rows.map(({ id }) => readRecord(nodes, keys.message(id), SMALL_BYTES, defaults(id))))
  return await Promise.all(read.slice(0, endOf(read)).map(async (record, i) => {
    const id = rows[i]?.id ?? ''
    return record !== undefined && 'bytes' in record ? readWhole(nodes, keys.message(id), defaults(id)) : record
  }))
}

/** How many of the records a page holds. */
function endOf(read: readonly (MessageRecord | LargeRecord | undefined)[]): number {
  let spent = 0
  for (const [i, record] of read.entries()) {
    if (record === undefined) continue
    const bytes = 'bytes' in record ? record.bytes : record.payload.length + record.topic.length
    if (spent > 0 && spent + bytes > PAGE_BYTES) return i
    spent += bytes
  }
  return read.length
}
