/**
 * What hookline uses of js-redis-server 0.3.0, private parts too: it is pinned. Said here, because it is an
 * optional dependency: without it hookline must build all the same.
 */
declare module 'js-redis-server/core' {
  import type { Socket } from 'node:net'

  export interface RedisValue {
    readonly kind: string
    readonly value: unknown
  }
  export const RedisValue: {
    bulkString(text: Buffer): RedisValue
    array(items: readonly RedisValue[]): RedisValue
  }

  export class RedisResult {
    readonly value: RedisValue
    static create(value: RedisValue): RedisResult
  }

  interface CommandDefinition {
    readonly execute: (args: unknown, context: unknown) => RedisResult
  }

  interface CommandExecutor {
    getCommandDefinition(name: string): CommandDefinition | undefined
    readonly registry: { override(definition: CommandDefinition): void }
  }
  export function createRedisCommandExecutor(): CommandExecutor

  interface SortedSet {
    readonly members: ReadonlyMap<string, { readonly member: Buffer, readonly score: number }>
  }

  interface Database {
    getSortedSet(key: Buffer): SortedSet | null
    /** Creates nothing if the mutator changes nothing. */
    updateSortedSet<T>(key: Buffer, mutator: (set: { readonly zset: SortedSet }) => T): T
    readonly mutations: { readonly globalListeners: Set<unknown> }
  }

  export class RedisServerState {
    constructor(options: { readonly databaseCount: number, readonly activeExpiryIntervalMs: number })
    readonly databases: readonly Database[]
  }

  export class SocketConnectionTransport {
    constructor(socket: Socket)
  }

  export function attachSession(transport: SocketConnectionTransport, options: {
    readonly state: RedisServerState
    readonly executor: CommandExecutor
    readonly logger: { error(error: unknown): void }
  }): unknown
}
