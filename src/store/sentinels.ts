import { Redis, type RedisOptions } from 'ioredis'
import type { Address } from '../plan/program.ts'
import { connectionClause } from './failure.ts'

/** Who knows where a master is now (redis.io/docs/latest/operate/oss_and_stack/management/sentinel). */
export interface Sentinels {
  /** Rejects with an Error whose message is a plain clause. */
  master(): Promise<Address>
  end(): void
}

/** What one sentinel says. A configuration with a higher epoch is newer, whichever sentinel has it. */
interface View {
  readonly address: Address
  readonly epoch: number
}

/** Milliseconds: one that takes longer is not waited for. */
const ANSWER_MS = 500
const NO_SUCH_MASTER = 'no such master'

/**
 * Keeps a connection to each sentinel and asks all of them at once: one that is cut off from the
 * others goes on naming the master of long ago. What a majority says cannot be older than the last
 * failover, which a majority has agreed on; less than a majority is believed unless it says something
 * older than was known already.
 */
export function openSentinels(options: {
  readonly name: string
  readonly sentinels: readonly Address[]
  /** How a connection to one of them is made. */
  readonly connectTo: (address: Address) => RedisOptions
}): Sentinels {
  const { name } = options
  const sentinels = options.sentinels.map((address) => openSentinel(name, options.connectTo(address)))
  let newest = 0

  return {
    async master() {
      const answers = await Promise.all(sentinels.map((sentinel) => sentinel.look()))
      const views = answers.filter((answer) => typeof answer !== 'string')
      const [first, ...others] = views
      if (first === undefined) throw new Error(silence(answers.map(String), options.sentinels, name))
      const best = others.reduce((a, b) => b.epoch > a.epoch ? b : a, first)
      if (best.epoch < newest && views.length * 2 <= sentinels.length) throw new Error('too few sentinels answer to know the master')
      newest = best.epoch
      return best.address
    },
    end() { for (const sentinel of sentinels) sentinel.end() },
  }
}

/** Why nobody names a master. */
function silence(troubles: readonly string[], sentinels: readonly Address[], name: string): string {
  if (troubles.includes(NO_SUCH_MASTER)) return `the sentinels know no master named "${name}"`
  const [trouble = 'no answer'] = troubles
  const [{ host, port } = { host: '', port: 0 }] = sentinels
  return `no sentinel says where the master is; ${host}:${port}: ${trouble}`
}

function openSentinel(name: string, options: RedisOptions) {
  const redis = new Redis({ ...options, commandTimeout: ANSWER_MS, socketTimeout: 2 * ANSWER_MS })
  let trouble = 'no answer'
  /** Resolved once its first connection has come about, or has not. */
  const tried = new Promise<void>((resolve) => {
    redis.once('ready', () => { resolve() })
    redis.on('error', (error: Error) => {
      trouble = connectionClause(error)
      resolve()
    })
  })

  return {
    /** Its view, or why it has none as a clause. */
    async look(): Promise<View | string> {
      await tried
      if (redis.status !== 'ready') return trouble
      try {
        // during a failover the address is the new one before the rest is
        const [address, facts] = await Promise.all([
          redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name), redis.call('SENTINEL', 'MASTER', name),
        ])
        return viewOf(address, facts) ?? NO_SUCH_MASTER
      } catch (error) {
        return troubleOf(error)
      }
    },
    end() { redis.disconnect() },
  }
}

function viewOf(address: unknown, facts: unknown): View | undefined {
  if (!Array.isArray(address) || !Array.isArray(facts)) return undefined
  const [host, port] = address.map(String)
  const words = facts.map(String)
  const epoch = Number(words[words.indexOf('config-epoch') + 1])
  if (host === undefined || port === undefined) return undefined
  return { address: { host, port: Number(port) }, epoch: Number.isFinite(epoch) ? epoch : 0 }
}

function troubleOf(error: unknown): string {
  const clause = error instanceof Error ? connectionClause(error) : String(error)
  if (/^(?:IDONTKNOW|ERR No such master)/.test(clause)) return NO_SUCH_MASTER
  // a Redis knows no SENTINEL
  if (clause.startsWith('ERR unknown command')) return 'it is no sentinel; name those that watch the master, or delete `sentinel`'
  return clause.startsWith('NOAUTH') ? 'it asks for a password, and hookline has none for sentinels' : clause
}
