/** What a placeholder stands for; `${message}` alone is fourteen arguments. */
export type Placeholder =
  | 'clientid' | 'username' | 'node' | 'ts'
  | 'msgid' | 'topic' | 'payload' | 'qos' | 'retain' | 'message' | 'reason'

interface HookRow {
  /** The hook has a topic: a rule's filter is compared with it. */
  readonly hasTopic: boolean
  /** Placeholders beyond those of {@link EVERYWHERE}. */
  readonly placeholders: readonly Placeholder[]
  /** Other spellings that EMQ X's manuals print. */
  readonly aliases: readonly string[]
  readonly when: string
  /** What else is to be known of it, in sentences. */
  readonly doc: string
  /** A command that one might run then. */
  readonly example: string
}

/** Placeholders that every hook has. */
export const EVERYWHERE: readonly Placeholder[] = ['clientid', 'username', 'node', 'ts']

/** The eight hooks ("EMQ X 4.4 Redis backend", hook table). */
export const HOOKS = {
  'client.connected': {
    hasTopic: false, placeholders: [], aliases: [],
    when: 'the CONNACK with code 0 is on the wire',
    doc: "On a takeover on one broker the `client.disconnected` of the old connection comes before it.",
    example: 'HSET device:${clientid} user ${username} since ${ts}',
  },
  'client.disconnected': {
    hasTopic: false, placeholders: ['reason'], aliases: [],
    when: 'a connection that had fired client.connected is gone',
    doc: 'It fires however the connection went, once for each `client.connected`; `${reason}` says how.',
    example: 'HSET device:${clientid} gone ${ts} why ${reason}',
  },
  'session.created': {
    hasTopic: false, placeholders: [], aliases: [],
    when: 'after client.connected, for a session that was not resumed',
    doc: 'A session that is resumed was created before.',
    example: 'HINCRBY sessions ${clientid} 1',
  },
  'session.subscribed': {
    hasTopic: true, placeholders: ['topic', 'qos'], aliases: [],
    when: 'a subscription was granted, after SUBACK, or made by a proxy subscription',
    doc: 'It fires once for each subscription. For what a resumed session brings back only the functions that fetch run.',
    example: 'HSET sub:${clientid} ${topic} ${qos}',
  },
  'session.unsubscribed': {
    hasTopic: true, placeholders: ['topic'], aliases: [],
    when: 'a topic that was subscribed was unsubscribed',
    doc: 'It fires for an UNSUBSCRIBE, an order from the application or the API; never because a connection or a session ended.',
    example: 'HDEL sub:${clientid} ${topic}',
  },
  'message.publish': {
    hasTopic: true, placeholders: ['msgid', 'topic', 'payload', 'qos', 'retain', 'message'], aliases: [],
    when: 'before the broker routes a message, wills too; never $SYS/',
    doc: 'A publisher of QoS 1 or 2 is acknowledged when all that these rules store has been confirmed by Redis.',
    example: 'HSET last:${topic} payload ${payload} by ${clientid}',
  },
  'message.delivered': {
    hasTopic: true, placeholders: ['msgid', 'topic', 'qos'], aliases: ['message.deliver'],
    when: "the message is handed to a subscriber's connection",
    doc: '`${clientid}` is the subscriber.',
    example: 'HSET delivered:${clientid} ${topic} ${msgid}',
  },
  'message.acked': {
    hasTopic: true, placeholders: ['msgid', 'topic', 'qos'], aliases: [],
    when: "a subscriber's PUBACK (QoS 1) or PUBCOMP (QoS 2)",
    doc: '`${clientid}` is the subscriber. EMQ X took PUBREC for QoS 2, which can lose the message if the broker dies in between.',
    example: 'HSET acked:${clientid} ${topic} ${msgid}',
  },
} as const satisfies Record<string, HookRow>

export type HookName = keyof typeof HOOKS

export const HOOK_NAMES = Object.keys(HOOKS) as readonly HookName[]
