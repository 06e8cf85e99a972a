/** What a member of a rule's object may be. */
export interface RuleMember {
  readonly type: 'text' | 'object' | 'seconds'
  /** What it is, to follow "is". */
  readonly expects: string
  /** What it says, in sentences. */
  readonly doc: string
  /** What it was called before EMQ X 2.0. */
  readonly older?: string
}

/** Seconds: a hundred years, far below what Redis' EXPIRE takes. */
export const MAX_EXPIRY_SECONDS = 3_153_600_000

/** The members of a rule (SPEC 1.2; "EMQ X 4.4 Redis backend"). */
export const RULE_MEMBERS = {
  topic: {
    type: 'text', expects: 'a text: an MQTT filter', older: 'filter',
    doc: 'The rule runs for the topics that the filter matches; without one for every topic. `#` and `+` at its front match no topic that begins with `$`. On `session.*` it is compared with the filter that is subscribed, level by level: `queue/#` covers a subscription to `queue/+/a`; of `$share/<group>/<filter>` the part after the group counts. Hooks of clients have no topic.',
  },
  action: {
    type: 'object', expects: 'an object: {"function": ..} or {"commands": [..]}',
    doc: 'What the rule does: exactly one of `function` and `commands`.',
  },
  pool: {
    type: 'text', expects: 'a text: the name of a pool',
    doc: 'Where it does that: a pool that has a `server`. A rule of one pool never looks into another.',
  },
  expired_time: {
    type: 'seconds', expects: `a whole number of seconds, at most ${MAX_EXPIRY_SECONDS}`,
    doc: 'How long what the rule stores is kept. Without it, or with 0 and less, `backend.redis.msg.expired_after` counts, and without that it is kept for ever. Two rules that store the same message store one record; the longer time counts.',
  },
} as const satisfies Record<string, RuleMember>

/** The members of a rule's action; it has exactly one of them. */
export const ACTION_MEMBERS = {
  function: { expects: 'a text: the name of a function', doc: 'One of the functions, on a hook that it belongs to.' },
  commands: {
    expects: 'a list of texts: Redis commands',
    doc: 'Each text is one command, its fields separated by exactly one space; a field in double quotes may hold spaces. It is split first and filled in afterwards: whatever a client puts into its id, topic or payload, the number of arguments does not change. They run in this order. The name of a command is fixed text.',
  },
} as const satisfies Record<string, Pick<RuleMember, 'expects' | 'doc'>>

