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
}

/** Placeholders that every hook has. */
export const EVERYWHERE: readonly Placeholder[] = ['clientid', 'username', 'node', 'ts']

/** The eight hooks ("EMQ X 4.4 Redis backend", hook table). */
export const HOOKS = {
  'client.connected': {
    hasTopic: false, placeholders: [], aliases: [],
    when: 'the CONNACK with code 0 is on the wire',
  },
  'client.disconnected': {
    hasTopic: false, placeholders: ['reason'], aliases: [],
    when: 'a connection that had fired client.connected is gone',
  },
  'session.created': {
    hasTopic: false, placeholders: [], aliases: [],
    when: 'after client.connected, for a session that was not resumed',
  },
  'session.subscribed': {
    hasTopic: true, placeholders: ['topic', 'qos'], aliases: [],
    when: 'a subscription was granted, after SUBACK, or made by a proxy subscription',
  },
  'session.unsubscribed': {
    hasTopic: true, placeholders: ['topic'], aliases: [],
    when: 'a topic that was subscribed was unsubscribed',
  },
  'message.publish': {
    hasTopic: true, placeholders: ['msgid', 'topic', 'payload', 'qos', 'retain', 'message'], aliases: [],
    when: 'before the broker routes a message, wills too; never $SYS/',
  },
  'message.delivered': {
    hasTopic: true, placeholders: ['msgid', 'topic', 'qos'], aliases: ['message.deliver'],
    when: "the message is handed to a subscriber's connection",
  },
  'message.acked': {
    hasTopic: true, placeholders: ['msgid', 'topic', 'qos'], aliases: [],
    when: "a subscriber's PUBACK (QoS 1) or PUBCOMP (QoS 2)",
  },
} as const satisfies Record<string, HookRow>

export type HookName = keyof typeof HOOKS

export const HOOK_NAMES = Object.keys(HOOKS) as readonly HookName[]
