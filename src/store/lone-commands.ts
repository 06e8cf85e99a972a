import { Command, Redis } from 'ioredis'
import type { PoolSpec } from '../plan/program.ts'
import { endRedis, redisOptions } from './connection.ts'
import { connectionClause } from './failure.ts'
import { readReply, type Reply } from './reply.ts'
import { unfitCommand } from './unfit-command.ts'
import type { Line } from './way.ts'

/** Why a command has no reply; the message is a plain clause. */
export class CommandFailure extends Error {
  /** `unfit`: it cannot be sent alone. `absent`: Redis does not answer. `too-long`: its reply was given up. */
  readonly reason: 'unfit' | 'absent' | 'too-long'

  constructor(reason: CommandFailure['reason'], clause: string) {
    super(clause)
    this.reason = reason
  }
}

/** Single commands of people to a pool's Redis, beside its rounds. */
export interface LoneCommands {
  /** Sends one command, name first, and takes its reply, errors of Redis included. Rejects with a {@link CommandFailure}. */
  run(args: readonly Buffer[]): Promise<Reply>
  close(): Promise<void>
}

/** People ask for much at once: `KEYS` in a large database. Milliseconds. */
const COMMAND_TIMEOUT_MS = 10_000
/** More than it, for what that cannot see. Milliseconds. */
const SOCKET_TIMEOUT_EXTRA_MS = 1_000
/** A connection that nobody uses any more. Milliseconds. */
const IDLE_MS = 10_000
/** Bytes of a reply. */
const MAX_REPLY = 16 * 1024 * 1024

/**
 * Commands go one after another over a connection of their own, made when it is needed: whatever
 * they do, it cannot hold up or change that of the rounds.
 */
export function createLoneCommands(options: {
  readonly spec: PoolSpec
  readonly line: Line
  /** Milliseconds. */
  readonly timeoutMs?: number
}): LoneCommands {
  const { spec, line, timeoutMs = COMMAND_TIMEOUT_MS } = options
  let redis: Redis | undefined
  let idle: NodeJS.Timeout | undefined
  let closed = false
  let last: Promise<unknown> = Promise.resolve()

  line.onStray = () => { drop(redis) }

  async function once(args: readonly Buffer[]): Promise<Reply> {
    const [name, ...rest] = args
    const command = name?.toString().toLowerCase() ?? ''
    const unfit = unfitCommand(command, rest)
    if (unfit !== undefined) throw new CommandFailure('unfit', unfit)
    clearTimeout(idle)
    try {
      return await send(await open(), command, rest)
    } finally {
      idle = setTimeout(() => { drop(redis) }, IDLE_MS).unref()
    }
  }

  async function open(): Promise<Redis> {
    if (closed) throw new CommandFailure('absent', 'the pool was closed')
    if (redis?.status === 'ready') return redis
    drop(redis)
    const opened = new Redis({
      ...redisOptions(spec, line),
      connectionName: `hookline-${spec.name}-commands`,
      commandTimeout: timeoutMs,
      socketTimeout: timeoutMs + SOCKET_TIMEOUT_EXTRA_MS,
      retryStrategy: () => null,
      lazyConnect: true,
    })
    redis = opened
    let trouble: Error | undefined
    opened.on('error', (error: Error) => { trouble ??= error })
    try {
      await opened.connect()
      // the handshake of ioredis goes on in database 0 when SELECT fails
      if (spec.database !== 0) await opened.select(spec.database)
    } catch (error) {
      drop(opened)
      // what `connect` rejects with says only that there is none
      throw new CommandFailure('absent', connectionClause(trouble ?? (error instanceof Error ? error : new Error(String(error)))))
    }
    return opened
  }

  /** The next command has a new connection. */
  function drop(connection: Redis | undefined): void {
    connection?.disconnect()
    if (redis === connection) redis = undefined
  }

  /** Takes the reply from the socket: ioredis does not tell a status from a text. */
  function send(connection: Redis, name: string, args: readonly Buffer[]): Promise<Reply> {
    const { stream } = connection
    const chunks: Buffer[] = []
    let length = 0
    return new Promise<Reply>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        chunks.push(chunk)
        length += chunk.length
        if (length <= MAX_REPLY) return
        reject(new CommandFailure('too-long', `its reply is longer than ${MAX_REPLY / 1024 / 1024} MB`))
        drop(connection)
      }
      stream.on('data', take)
      // in capitals, because by their lower-case names ioredis rewrites the arguments of some
      connection.sendCommand(new Command(name.toUpperCase(), [...args], { replyEncoding: null }, (error) => {
        stream.off('data', take)
        if (error instanceof Error && error.name !== 'ReplyError') {
          // what comes for it later must not be taken for the reply to the next
          drop(connection)
          reject(new CommandFailure('absent', connectionClause(error)))
          return
        }
        try {
          resolve(readReply(Buffer.concat(chunks)))
        } catch (cause) {
          drop(connection)
          reject(cause)
        }
      }))
    })
  }

  return {
    run(args) {
      const reply = last.then(() => once(args))
      last = reply.catch(() => {})
      return reply
    },
    async close() {
      closed = true
      clearTimeout(idle)
      if (redis !== undefined) await endRedis(redis)
    },
  }
}
