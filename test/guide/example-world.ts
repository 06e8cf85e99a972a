import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import type { IClientOptions } from 'mqtt'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { BrokerProcess } from '../support/broker-process.ts'
import { MqttClient } from '../support/mqtt-client.ts'

export const EXAMPLES = fileURLToPath(new URL('../../rules/examples', import.meta.url))

/** An example as it is in the repository, on its embedded store, with clients that are gone after their test. */
export interface ExampleWorld {
  readonly broker: BrokerProcess
  /** A look into the embedded store. */
  readonly redis: Redis
  /** The same, in its second database. */
  readonly redis1: Redis
  connect(clientId: string, options?: IClientOptions): Promise<MqttClient>
}

/** Runs `rules/examples/<name>.conf` for all tests of a `describe`; only the port is another. */
export function useExample(name: string): ExampleWorld {
  let broker: BrokerProcess | undefined
  const looks: Redis[] = []
  const leave: (() => Promise<void>)[] = []

  beforeAll(async () => {
    broker = new BrokerProcess({ rules: readFileSync(join(EXAMPLES, `${name}.conf`), 'utf8') })
    await broker.start()
    const path = join(dirname(broker.file), 'data', name, 'redis.sock')
    looks.push(...[0, 1].map((db) => new Redis({ path, db })))
    // they end with the broker
    for (const look of looks) look.on('error', () => {})
  })
  afterEach(async () => {
    await Promise.all(leave.splice(0).map((close) => close()))
  })
  afterAll(async () => {
    for (const look of looks) look.disconnect()
    // in order, so that it takes its store along
    await broker?.stop()
    await broker?.remove()
  })

  return {
    get broker() { return here(broker) },
    get redis() { return here(looks[0]) },
    get redis1() { return here(looks[1]) },
    async connect(clientId, options) {
      const client = await MqttClient.connect(here(broker).port, clientId, options)
      leave.push(() => client.cut())
      return client
    },
  }
}

function here<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the world begins with the first test')
  return value
}
