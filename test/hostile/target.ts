import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { BrokerProcess } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { makeFolder, removeFolder } from '../support/temp-folder.ts'
import { withPool } from '../support/world.ts'
import { type RedisServer, startRedis } from '../store/redis-server.ts'

const DEFAULT_RULES = fileURLToPath(new URL('../../rules/hookline.conf', import.meta.url))
const PROBE = fileURLToPath(new URL('probe.mjs', import.meta.url))

/** What `probe.mjs` says. */
export interface Sample {
  readonly kind: 'sample' | 'collected'
  readonly at: number
  readonly rssMiB: number
  /** Heap and what is outside of it; after a collection what is alive. */
  readonly liveMiB: number
  /** Longest time since the sample before in which the event loop did not turn. */
  readonly stallMs: number
}

/** A broker with the default rules on a Redis, looked into from inside. */
export class Target {
  readonly redis: RedisServer
  readonly broker: BrokerProcess
  readonly #folder: string

  private constructor(redis: RedisServer, broker: BrokerProcess, folder: string) {
    this.redis = redis
    this.broker = broker
    this.#folder = folder
  }

  static async start(): Promise<Target> {
    const redis = await startRedis()
    const folder = makeFolder()
    const lines = readFileSync(DEFAULT_RULES, 'utf8').split('\n').filter((line) => !line.startsWith('backend.redis.pool1.server'))
    const broker = new BrokerProcess({
      rules: withPool([...lines, 'listener.ws.external = 127.0.0.1:0'].join('\n'), redis.port),
      preload: PROBE,
      env: { HOSTILE_PROBE: join(folder, 'probe') },
    })
    await broker.start()
    return new Target(redis, broker, folder)
  }

  /** Where a client of this kind connects to. */
  url(kind: 'tcp' | 'ws'): string {
    return kind === 'tcp' ? `mqtt://127.0.0.1:${this.broker.port}` : `ws://127.0.0.1:${this.broker.portOf('ws')}/mqtt`
  }

  samples(since: number): readonly Sample[] {
    const lines = readFileSync(join(this.#folder, 'probe'), 'utf8').trim().split('\n')
    return lines.map((line) => JSON.parse(line) as Sample).filter(({ at }) => at >= since) // as probe.mjs writes them
  }

  /** What is alive in it now. */
  async collected(): Promise<Sample> {
    const since = Date.now()
    this.broker.signal('SIGUSR2')
    return await eventually(() => 'a collection', () => this.samples(since).find(({ kind }) => kind === 'collected'), 30_000)
  }

  /** How long it was ready to run and had no core, since its start. Milliseconds; 0 where the system does not say. */
  get waitedMs(): number {
    const { pid } = this.broker
    try {
      return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
    } catch {
      return 0
    }
  }

  async stop(): Promise<void> {
    await this.broker.remove()
    await this.redis.stop()
    removeFolder(this.#folder)
  }
}

/** One for all tests of a file; returns what gives it. */
export function useTarget(): () => Target {
  let target: Target | undefined
  beforeAll(async () => { target = await Target.start() }, 60_000)
  afterAll(() => target?.stop())
  return () => {
    if (target === undefined) throw new Error('the target is there with the first test')
    return target
  }
}
