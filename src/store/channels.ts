import { Redis } from 'ioredis'
import type { Log } from '../engine/log-port.ts'
import type { PoolSpec } from '../plan/program.ts'
import { endRedis, redisOptions } from './connection.ts'
import { connectionClause } from './failure.ts'
import type { Line } from './way.ts'

/** A connection that only listens; when it is lost a new one is made, for ever, until `close`. */
export interface Channels {
  /** Redis has said that it will tell us of this one. */
  hears(channel: string): boolean
  close(): Promise<void>
}

/** Subscribing again is what finds out that a silent connection is dead: Redis always answers it. */
const HEARTBEAT_MS = 5_000

/**
 * Subscribes to channels of a pool's Redis (redis.io/docs/interact/pubsub), on a connection of its
 * own: one that subscribes can do nothing else. Each is subscribed by itself, so that one that Redis
 * refuses does not take the others along. What is published while there is no connection is never
 * heard.
 */
export function hearChannels(options: {
  readonly spec: PoolSpec
  readonly line: Line
  /** By channel: what is done with each message. */
  readonly heard: ReadonlyMap<string, (text: Buffer) => void>
  readonly log: Log
}): Channels {
  const { spec, line, heard, log } = options
  const redis = new Redis({ ...redisOptions(spec, line), connectionName: `hookline-${spec.name}-channels`, autoResubscribe: false })
  const subscribed = new Set<string>()
  /** Refusals that were logged; each counts as new once it has worked in between. */
  const refused = new Map<string, string>()

  function subscribe(): void {
    for (const channel of heard.keys()) {
      redis.subscribe(channel).then(() => {
        subscribed.add(channel)
        refused.delete(channel)
      }, (error: Error) => {
        subscribed.delete(channel)
        if (error.name === 'ReplyError') noteRefusal(channel, error)
        // no answer: it is dead, or as good as
        else if (redis.status === 'ready') redis.disconnect(true)
      })
    }
  }

  line.onStray = () => { if (redis.status === 'ready' || redis.status === 'connect') redis.disconnect(true) }

  /** A lost connection is not worth a line: the pool says so of its own, to the same server. */
  function noteRefusal(channel: string, error: Error): void {
    const reason = connectionClause(error)
    if (refused.get(channel) === reason) return
    refused.set(channel, reason)
    log.warn({ pool: spec.name, channel, reason }, 'Redis does not let this channel be heard; it is asked again')
  }

  redis.on('ready', subscribe)
  redis.on('close', () => { subscribed.clear() })
  redis.on('error', (error: Error) => {
    if (error.name !== 'ReplyError') return
    for (const channel of heard.keys()) noteRefusal(channel, error)
  })
  redis.on('messageBuffer', (channel: Buffer, text: Buffer) => { heard.get(channel.toString())?.(text) })
  const heartbeat = setInterval(() => { if (redis.status === 'ready') subscribe() }, HEARTBEAT_MS).unref()

  return {
    hears: (channel) => subscribed.has(channel),
    close() {
      clearInterval(heartbeat)
      return endRedis(redis)
    },
  }
}
