import type { FunctionName } from '../actions/action.ts'
import type { HookName, Placeholder } from '../language/hooks.ts'
import type { Settings } from '../language/settings.ts'

/**
 * What the rules files mean, as frozen data. The engine runs it; lint, tests and plan read it.
 * Two programs with the same `hash` behave the same.
 */
export interface Program {
  /** Of the normalised program, secrets included; comments and layout do not count. */
  readonly hash: string
  readonly settings: Settings
  /** Pools that have a `server`, by name. */
  readonly pools: ReadonlyMap<string, PoolSpec>
  /** The rules of each hook, in the order in which they run. */
  readonly steps: Readonly<Record<HookName, readonly Step[]>>
}

/** A compiled rule. */
export interface Step {
  readonly hook: HookName
  /** As written: `1`, or a word. */
  readonly number: string
  readonly at: Place
  /** MQTT filter; absent on hooks without topic, and where the rule takes every topic. */
  readonly filter: string | undefined
  readonly pool: string
  /** Seconds to keep what the action stores; absent: for ever. */
  readonly expirySeconds: number | undefined
  readonly action: StepAction
}

/** Where a rule stands, for messages. Lines count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
}

export type StepAction =
  | { readonly kind: 'function', readonly name: FunctionName }
  | { readonly kind: 'commands', readonly commands: readonly CommandTemplate[] }

/** One Redis command, split before it is filled in: values never change the number of fields. */
export interface CommandTemplate {
  /** Lower case. */
  readonly name: string
  readonly fields: readonly FieldTemplate[]
}

/** Parts are joined; the single part `{placeholder: 'message'}` is fourteen fields. */
export type FieldTemplate = readonly (string | { readonly placeholder: Placeholder })[]

export interface PoolSpec {
  readonly name: string
  readonly type: 'single' | 'sentinel' | 'cluster'
  /** `embedded`, or addresses. */
  readonly server: 'embedded' | readonly Address[]
  /** Master name, for `sentinel`. */
  readonly sentinel: string | undefined
  readonly poolSize: number
  readonly database: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly channel: string
  /** What becomes of messages that it cannot store now (SPEC 4.2). */
  readonly onFailure: 'hold' | 'pass'
  /** Absent: not encrypted. */
  readonly tls: PoolTls | undefined
  /** So many replicas must have a store before it is confirmed. */
  readonly waitReplicas: number
  /** Of the line that set `server`. */
  readonly at: Place
}

/** How the connections of a pool are encrypted (`ssl` and the lines with it). */
export interface PoolTls {
  readonly cafile: NamedFile | undefined
  readonly certfile: NamedFile | undefined
  readonly keyfile: NamedFile | undefined
  /** The name that the certificate must have, in place of the address. */
  readonly servername: string | undefined
  /** A certificate that nobody vouches for is refused. */
  readonly verify: boolean
}

/** As written; a relative path is below the folder of the first rules file. */
export interface NamedFile {
  readonly path: string
  readonly at: Place
}

export interface Address {
  readonly host: string
  /** 0 asks for a free one where that makes sense (listeners). */
  readonly port: number
}
