import type { Effect } from '../actions/effect.ts'
import { keys } from '../actions/keys.ts'
import { RECORD_FIELDS, recordFields, type MessageRecord } from '../actions/message-record.ts'

/** A Redis command as it would be typed: its name in capitals, and its arguments. */
export interface CommandLine {
  readonly name: string
  readonly args: readonly (string | Buffer)[]
}

/** Stands for the place that Redis gives a message in its log. */
export const SCORE = '<score>'

/**
 * The Redis commands that an effect amounts to, in EMQ X's layout. The store does the same in
 * scripts, which also keep an index and a clock of hookline's own; those are left out here. What an
 * effect does under a condition (a fence, a forward position) stands as if the condition held.
 */
export function commandLines(effect: Effect): readonly CommandLine[] {
  switch (effect.kind) {
    case 'store': {
      const { record, expirySeconds } = effect
      const log = keys.log(record.topic)
      return [
        ...keep(keys.message(record.id), record, expirySeconds),
        line('ZADD', log, SCORE, record.id),
        ...expire(log, expirySeconds),
      ]
    }
    case 'retain': return keep(keys.retained(effect.record.topic), effect.record, effect.expirySeconds)
    case 'retain-delete': return [line('DEL', keys.retained(effect.record.topic))]
    case 'latest': return keep(keys.latest(effect.record.topic), effect.record, effect.expirySeconds)
    case 'ack-queue': return [line('ZREM', keys.log(effect.topic), effect.msgid), line('DEL', keys.message(effect.msgid))]
    case 'ack-pubsub': return [line('SET', keys.position(effect.clientid, effect.topic), effect.msgid)]
    case 'ack-latest': return [line('DEL', keys.latest(effect.topic))]
    case 'online': return [
      line('HSET', keys.client(effect.clientid), 'state', '1', 'online_at', String(effect.now), 'offline_at', 'undefined'),
      line('HSET', keys.node(effect.node), effect.clientid, String(effect.now)),
    ]
    case 'offline': return [
      line('HDEL', keys.node(effect.node), effect.clientid),
      line('HSET', keys.client(effect.clientid), 'state', '0', 'offline_at', String(effect.now)),
    ]
    case 'command': return [{ name: effect.name.toUpperCase(), args: effect.args }]
    default: return effect satisfies never
  }
}

function keep(key: string, record: MessageRecord, expirySeconds: number | undefined): readonly CommandLine[] {
  const values = recordFields(record)
  return [line('HSET', key, ...RECORD_FIELDS.flatMap((name, i) => [name, values[i] ?? ''])), ...expire(key, expirySeconds)]
}

function expire(key: string, expirySeconds: number | undefined): readonly CommandLine[] {
  return expirySeconds === undefined ? [] : [line('EXPIRE', key, String(expirySeconds))]
}

function line(name: string, ...args: readonly (string | Buffer)[]): CommandLine {
  return { name, args }
}

/** As a rules file has it: fields that hold blanks or quotes, or nothing, are quoted. */
export function commandText({ name, args }: CommandLine): string {
  return [name, ...args.map((arg) => quoted(arg.toString()))].join(' ')
}

function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what a terminal must not get
  return text === '' || /[\u0000-\u0020"\\\u007f]/.test(text) ? JSON.stringify(text) : text
}

/** The fields of a command that is written so; undefined: a quote is not closed. */
export function splitCommand(text: string): readonly string[] | undefined {
  const fields: string[] = []
  for (let rest = text; ;) {
    const field = /^"(?:[^"\\]|\\.)*"(?= |$)|^[^" ][^ ]*|^(?= |$)/.exec(rest)?.[0]
    if (field === undefined) return undefined
    fields.push(field.startsWith('"') ? unquoted(field) : field)
    if (field.length === rest.length) return fields
    rest = rest.slice(field.length + 1)
  }
}

/** JSON's escapes; where there is another one, it stands for itself. */
function unquoted(field: string): string {
  try {
    return String(JSON.parse(field))
  } catch {
    return field.slice(1, -1).replace(/\\(.)/g, '$1')
  }
}
