import { keys } from '../../actions/keys.ts'
import type { MessageRecord } from '../../actions/message-record.ts'
import type { RetainedRequest } from '../../delivery/ports.ts'
import { ask, askIfFit, command, scriptCall, textOf } from './ask.ts'
import type { Nodes } from './nodes.ts'
import { startOf } from './read-log.ts'
import { buffersOf, readMessage, unpack } from './read-records.ts'
import { CLUSTER_SCRIPTS } from './scripts.ts'

/** Longer texts are no ids. Bytes. */
const ID_BYTES = 64

/** The retained message of a topic, as scripts/retained.lua on one server. Rejects when the cluster fails. */
export async function readRetained(nodes: Nodes, { topic, reader }: RetainedRequest): Promise<{ record: MessageRecord, inLogAt: number | undefined } | undefined> {
  const record = await readIt(nodes, topic)
  if (record === undefined) return undefined
  return { record, inLogAt: reader === undefined || record.id === '' ? undefined : await placeInLog(nodes, { topic, ...reader }, record.id) }
}

async function readIt(nodes: Nodes, topic: string): Promise<MessageRecord | undefined> {
  const key = keys.retained(topic)
  const reply = await ask(nodes, key, { ...scriptCall(CLUSTER_SCRIPTS.readRetained, [key], [topic]), binary: true })
  const [head, text] = buffersOf(reply)
  if (head === undefined) return undefined
  if (text !== undefined) return unpack(head, text)
  const named = head.length <= ID_BYTES ? await readMessage(nodes, head.toString()) : undefined
  return named ?? { id: '', from: '', qos: 0, topic, payload: head, ts: 0, retain: false }
}

/** The score at which a message stands in the log after a reader's place. */
async function placeInLog(nodes: Nodes, { topic, kind, clientid, after }: { readonly topic: string } & NonNullable<RetainedRequest['reader']>, msgid: string): Promise<number | undefined> {
  const [log, record] = [keys.log(topic), keys.message(msgid)]
  const from = after ?? await startOf(nodes, { kind, clientid, topic })
  const [score, isThere] = await Promise.all([
    askIfFit(nodes, log, command('zscore', log, msgid)), ask(nodes, record, command('exists', record)),
  ])
  const at = Number(textOf(score) ?? 0)
  // an entry without record is taken out when it is read: it does not count
  return isThere === 1 && at > from ? at : undefined
}
