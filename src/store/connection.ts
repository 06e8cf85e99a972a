import { Redis, type RedisOptions } from 'ioredis'
import type { PoolSpec } from '../plan/program.ts'
import { commandOf } from './call-command.ts'
import { connectionClause, failureOf, isFinal, type Failure } from './failure.ts'
import type { EncodedArguments } from './resp.ts'
import { SCRIPTS, type Script } from './scripts.ts'
import { steadyNow } from './steady-clock.ts'
import type { Line } from './way.ts'

/** One Redis command. `binary`: texts in its reply come as buffers. */
export interface Call {
  readonly name: string
  readonly args: readonly (string | Buffer)[]
  /** Of a script: what comes behind them. */
  readonly more?: EncodedArguments
  readonly binary: boolean
}

export type Answer =
  | { readonly ok: true, readonly reply: unknown }
  | { readonly ok: false, readonly failure: Failure }

/** One ordered connection to one Redis; when it is lost a new one is made, for ever, until `end`. */
export interface Connection {
  /** Writes the calls at once, in order; calls back once, never before it returns, when all have an answer. */
  send(calls: readonly Call[], answered: (answers: readonly Answer[]) => void): void
  /** Gives up this connection, because it does not answer, and makes a new one. */
  drop(): void
  /** Redis refused what was sent: asks it anew, after a moment, whether it is ready. */
  retry(delayMs: number): void
  /** What it was connected to last; undefined before the first time, and of a cluster. */
  readonly server: ServerIdentity | undefined
  end(): Promise<void>
}

export interface ConnectionEvents {
  /**
   * Calls may be sent. `sameData`: the same server process and history as the last time, so that
   * all that it confirmed is still there (DELIVERY 7.4); undefined the first time. `clockOffsetMs`:
   * how far its clock is ahead of our steady one, as well as one answer tells.
   */
  onReady(sameData: boolean | undefined, clockOffsetMs: number): void
  /** The connection is gone. */
  onLost(): void
  /** Why there is none (yet). `final`: it will not be otherwise without a change. */
  onTrouble(clause: string, final: boolean): void
}

/** A server that is silent for so long is taken for lost; the same for a command in a silent connection. */
const COMMAND_TIMEOUT_MS = 2_000
/** After the command's own timeout, for what that cannot see. */
const SOCKET_TIMEOUT_MS = 2_500
const CLOSED_UNHEARD = 'it closes the connection at once; it may speak TLS only (`ssl = on`), or be in protected mode'
/** To a server without TLS the beginning of a handshake is a command that has not come to its end. */
const NO_ANSWER_IN_TLS = 'no answer in TLS; its port may not speak it (`ssl = off`)'
/** Between two questions whether a server that is there can do its work. */
const NOT_YET_DELAY_MS = 100

export interface Target {
  readonly spec: PoolSpec
  readonly line: Line
  /** That calls may name by their SHA-1. */
  readonly scripts?: readonly Script[]
  /** What the connection had whose place it is to take; absent once it has. */
  readonly before?: () => ServerIdentity | undefined
}

/** Connects to the one server of a pool that takes writes: a `single` one, or the master that sentinels name. */
export function connect({ spec, line, scripts = Object.values(SCRIPTS), before = () => undefined }: Target, events: ConnectionEvents): Connection {
  const redis = new Redis(redisOptions(spec, line))
  let known: ServerIdentity | undefined
  /** Counts connections and questions, so that the answer to an old one is not taken for the current. */
  let attempt = 0
  let timer: NodeJS.Timeout | undefined

  /** It has said nothing yet on this connection, and nothing was wrong with it. */
  let unheard = false

  redis.on('connect', () => { unheard = true })
  redis.on('ready', () => {
    unheard = false
    prepare()
  })
  redis.on('close', () => {
    attempt++
    clearTimeout(timer)
    if (unheard) noteTrouble(CLOSED_UNHEARD, false)
    events.onLost()
  })
  redis.on('error', (error: Error) => {
    const clause = connectionClause(error)
    // the clause is then that of the end
    if (unheard && clause === 'connection lost') return
    unheard = false
    const inHandshake = spec.tls !== undefined && redis.status === 'connecting'
    noteTrouble(inHandshake && clause === 'no answer' ? NO_ANSWER_IN_TLS : clause, isFinal(error))
  })
  line.onStray = drop

  function noteTrouble(clause: string, final: boolean): void {
    events.onTrouble(line.place === undefined ? clause : `${line.place}: ${clause}`, final)
  }

  /**
   * Everything before the first real call: is it the server we knew, can it work, is the old
   * connection dead, does it have the scripts.
   */
  function prepare(): void {
    const mine = ++attempt
    // The handshake of ioredis goes on in database 0 when SELECT fails: ask once more, and look.
    const check = spec.database === 0 ? call('ping') : call('select', String(spec.database))
    const wait = spec.waitReplicas === 0 ? call('ping') : call('wait', '0', '1')
    send([call('info'), call('client', 'id'), check, call('time'), wait], ([info, id, checked, time, waited]) => {
      if (mine !== attempt) return
      const clockOffsetMs = offsetOf(time)
      const failure = passing(info) ?? passing(id) ?? failureIn(checked)
      if (failure !== undefined) return notYet(failure)
      const server = identity(textOf(info), textOf(id))
      if (server.loading) return notYet({ kind: 'refused', message: 'LOADING Redis is loading its data' })
      // it was one when they were asked, or is one for them only
      if (spec.type === 'sentinel' && server.isReplica) return notYet({ kind: 'refused', message: 'the server that the sentinels name is a replica' })
      // for a user that may not ask for replicas they would never have anything
      const waitFailure = failureIn(waited)
      if (waitFailure !== undefined) return notYet(waitFailure)
      const loads = scripts.map((script) => call('script', 'load', script.text))
      // an error of the first changes nothing
      const last = before() ?? known
      send([killOf(last, server), ...loads], ([, ...loaded]) => {
        if (mine !== attempt) return
        const unloaded = loaded.map(failureIn).find((each) => each !== undefined)
        if (unloaded !== undefined) return notYet(unloaded)
        const sameData = last === undefined ? undefined : isSame(last, server)
        known = server
        events.onReady(sameData, clockOffsetMs)
      })
    })
  }

  function notYet(failure: Failure): void {
    events.onTrouble(failure.message, failure.kind === 'lasting' || failure.message.startsWith('NOAUTH'))
    if (failure.kind === 'unknown') return drop()
    retry(NOT_YET_DELAY_MS)
  }

  function retry(delayMs: number): void {
    // lost meanwhile: the next connection asks by itself
    if (redis.status !== 'ready') return
    attempt++
    clearTimeout(timer)
    timer = setTimeout(prepare, delayMs)
  }

  function send(calls: readonly Call[], answered: (answers: readonly Answer[]) => void): void {
    const answers = Array<Answer>(calls.length)
    let open = calls.length
    const socket = redis.stream
    // one write for the whole round
    socket?.cork()
    for (const [i, call] of calls.entries()) {
      redis.sendCommand(commandOf(call, (error, reply) => {
        answers[i] = error instanceof Error ? { ok: false, failure: failureOf(error, call.name.toLowerCase()) } : { ok: true, reply }
        if (--open === 0) queueMicrotask(() => { answered(answers) })
      }))
    }
    socket?.uncork()
  }

  function drop(): void {
    attempt++
    clearTimeout(timer)
    if (redis.status === 'ready' || redis.status === 'connect') redis.disconnect(true)
  }

  async function end(): Promise<void> {
    attempt++
    clearTimeout(timer)
    await endRedis(redis)
  }

  return { send, drop, retry, get server() { return known }, end }
}

/** Ends it for good, whatever state it is in. */
export async function endRedis(redis: Redis): Promise<void> {
  if (redis.status === 'end') return
  // between two attempts nothing is open, and no event comes
  if (redis.status === 'reconnecting') return redis.disconnect()
  const ended = new Promise<void>((resolve) => { redis.once('end', () => { resolve() }) })
  redis.disconnect()
  await ended
}

/** Of every connection to the Redis of a pool. */
export function redisOptions(spec: PoolSpec, line: Line): RedisOptions {
  return {
    ...line.options,
    db: spec.database,
    ...(spec.username === undefined ? {} : { username: spec.username }),
    ...(spec.password === undefined ? {} : { password: spec.password }),
    connectionName: `hookline-${spec.name}`,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
  }
}

/** A Redis process as it names itself. */
export interface ServerIdentity {
  /** Empty for a user that may not ask. */
  readonly runId: string
  readonly replicationId: string
  /** Of our connection there; empty if nobody is to end it. */
  readonly clientId: string
  readonly loading: boolean
  readonly isReplica: boolean
}

/** What INFO says of the server (redis.io/commands/info). */
function identity(info: string, clientId: string): ServerIdentity {
  const value = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
  return { runId: value('run_id'), replicationId: value('master_replid'), loading: value('loading') === '1', isReplica: value('role') === 'slave', clientId }
}

function isSame(a: ServerIdentity, b: ServerIdentity): boolean {
  return a.runId !== '' && a.runId === b.runId && a.replicationId === b.replicationId
}

/**
 * Ends the connection that was lost before, if the server still has it: what lies unread in its
 * socket (the server was frozen) would otherwise run after what is now sent again.
 */
function killOf(known: ServerIdentity | undefined, server: ServerIdentity): Call {
  const nothing = call('ping')
  // another process counts its connections anew: that number would be somebody else's
  if (known === undefined || !isSame(known, server)) return nothing
  if (known.clientId === '' || known.clientId === server.clientId) return nothing
  return call('client', 'kill', 'id', known.clientId)
}

function call(name: string, ...args: string[]): Call {
  return { name, args, binary: false }
}

function failureIn(answer: Answer | undefined): Failure | undefined {
  return answer === undefined || answer.ok ? undefined : answer.failure
}

/** A user that may not ask goes without: then every return of Redis counts as one with other data. */
function passing(answer: Answer | undefined): Failure | undefined {
  const failure = failureIn(answer)
  return failure?.kind === 'lasting' ? undefined : failure
}

/** Of TIME, seconds and microseconds; a user that may not ask is taken to have our clock. */
function offsetOf(answer: Answer | undefined): number {
  const reply: unknown = answer?.ok === true ? answer.reply : undefined
  const ms = Array.isArray(reply) ? Number(reply[0]) * 1000 + Number(reply[1]) / 1000 : NaN
  return (Number.isFinite(ms) ? ms : Date.now()) - steadyNow()
}

function textOf(answer: Answer | undefined): string {
  return answer?.ok === true ? String(answer.reply) : ''
}
