/** What a member of a rule's object may be. */
export interface RuleMember {
  readonly type: 'text' | 'object' | 'seconds'
  /** What it is, to follow "is". */
  readonly expects: string
}

/** Seconds: a hundred years, far below what Redis' EXPIRE takes. */
export const MAX_EXPIRY_SECONDS = 3_153_600_000

/** The members of a rule (SPEC 1.2; "EMQ X 4.4 Redis backend"). */
export const RULE_MEMBERS = {
  topic: { type: 'text', expects: 'a text: an MQTT filter' },
  action: { type: 'object', expects: 'an object: {"function": ..} or {"commands": [..]}' },
  pool: { type: 'text', expects: 'a text: the name of a pool' },
  expired_time: { type: 'seconds', expects: `a whole number of seconds, at most ${MAX_EXPIRY_SECONDS}` },
} as const satisfies Record<string, RuleMember>


/** The members of a rule's action; it has exactly one of them. */
export const ACTION_MEMBERS = {
  function: { expects: 'a text: the name of a function' },
  commands: { expects: 'a list of texts: Redis commands' },
} as const

