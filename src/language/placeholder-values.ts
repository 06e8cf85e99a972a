import type { Placeholder } from './hooks.ts'

/** What the value of a placeholder can be. */
export interface PlaceholderValue {
  /** A client chooses it, and it can be any text; the others are numbers, ids, `true` and such, and never an option of a command. */
  readonly free: boolean
  /** With every message, or nearly, it is another one. */
  readonly everNew: boolean
}

/** SPEC 2 and 3. */
export const PLACEHOLDER_VALUES: Readonly<Record<Placeholder, PlaceholderValue>> = {
  clientid: { free: true, everNew: false },
  username: { free: true, everNew: false },
  topic: { free: true, everNew: false },
  payload: { free: true, everNew: true },
  message: { free: true, everNew: true },
  msgid: { free: false, everNew: true },
  ts: { free: false, everNew: true },
  qos: { free: false, everNew: false },
  retain: { free: false, everNew: false },
  reason: { free: false, everNew: false },
  node: { free: false, everNew: false },
}
