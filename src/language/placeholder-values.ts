import type { Placeholder } from './hooks.ts'

/** What a placeholder stands for, and what its value can be. */
export interface PlaceholderValue {
  readonly summary: string
  /** A value. */
  readonly example: string
  /** A client chooses it, and it can be any text; the others are numbers, ids, `true` and such, and never an option of a command. */
  readonly free: boolean
  /** With every message, or nearly, it is another one. */
  readonly everNew: boolean
}

/** SPEC 2 and 3. */
export const PLACEHOLDER_VALUES: Readonly<Record<Placeholder, PlaceholderValue>> = {
  clientid: {
    summary: "the client's id", example: 'lamp-7',
    free: true, everNew: false,
  },
  username: {
    summary: 'the user name that the client gave when it connected; empty if it gave none', example: 'app',
    free: true, everNew: false,
  },
  topic: {
    summary: 'the topic of the message, or the filter of the subscription; of `$share/<group>/<filter>` the part after the group', example: 'sensors/hall',
    free: true, everNew: false,
  },
  payload: {
    summary: 'the payload of the message, its bytes as they were published', example: '20.4',
    free: true, everNew: true,
  },
  message: {
    summary: 'the whole message: its seven fields, each followed by its value, as fourteen arguments; stands alone in its field, as in `HSET key ${message}`', example: 'id 8DpI.. from lamp-7 qos 1 ..',
    free: true, everNew: true,
  },
  msgid: {
    summary: 'the id of the message: 20 characters whose order is that of time, unique across brokers', example: '8DpIvR2aQk3mZ7yX1cTb',
    free: false, everNew: true,
  },
  ts: {
    summary: 'the time, in seconds since 1970', example: '1767225600',
    free: false, everNew: true,
  },
  qos: {
    summary: '0, 1 or 2: of the message, or granted to the subscription', example: '1',
    free: false, everNew: false,
  },
  retain: {
    summary: '`true` or `false`: the retain flag with which the message was published', example: 'false',
    free: false, everNew: false,
  },
  reason: {
    summary: 'why the connection is gone: normal, keepalive, closed, takeover, kicked, protocol, limit, held or shutdown', example: 'keepalive',
    free: false, everNew: false,
  },
  node: {
    summary: '`node.name` of this broker', example: 'hookline@127.0.0.1',
    free: false, everNew: false,
  },
}
