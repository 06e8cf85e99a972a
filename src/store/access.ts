import type { Log } from '../engine/log-port.ts'
import type { PoolSpec } from '../plan/program.ts'
import { connectCluster } from './cluster/connect-cluster.ts'
import { connect, type Connection, type ConnectionEvents, type ServerIdentity } from './connection.ts'
import { openWay, type Line, type WayOptions } from './way.ts'

/** How the Redis of a pool is reached by one set of settings: the way there, and the connection for its rounds. */
export interface Access {
  readonly spec: PoolSpec
  readonly connection: Connection
  /** The server process and database that it had last, as a name; undefined where that is not known. */
  readonly server: string | undefined
  /** It is there, and not used yet. `besides`: while the one before it worked. */
  arrived: { readonly sameData: boolean | undefined, readonly clockOffsetMs: number, readonly besides: boolean } | undefined
  /** For one more connection. */
  line(): Line
  end(): Promise<void>
}

export interface AccessOptions extends WayOptions {
  /** Unique per opened pool. */
  readonly boot: string
  readonly log: Log
  /** Whose place it is to take, and whether that one works; absent once it has. */
  readonly before: () => { readonly access: Access, readonly works: boolean } | undefined
}

/** Begins to connect, for ever, until its `end`. */
export function openAccess(options: AccessOptions, events: ConnectionEvents): Access {
  const { spec, folder, boot, log, before } = options
  const way = openWay(options)
  const connection = spec.type === 'cluster'
    ? connectCluster({ spec, folder, boot, log }, events)
    : connect({ spec, line: way.line(), before: () => identityOf(before()) }, events)
  return {
    spec,
    connection,
    get server() { return serverName(connection, spec.database) },
    arrived: undefined,
    line: () => way.line(),
    async end() {
      await connection.end()
      way.end()
    },
  }
}

/** What hangs in the socket of one that does not answer must not be carried out later; one that works is left to its end. */
function identityOf(before: ReturnType<AccessOptions['before']>): ServerIdentity | undefined {
  const server = before?.access.connection.server
  return server === undefined || before?.works !== true ? server : { ...server, clientId: '' }
}

/** A server that does not say who it is has no name. */
function serverName({ server }: Connection, database: number): string | undefined {
  return server === undefined || server.runId === '' ? undefined : `${server.runId}/${database}`
}
