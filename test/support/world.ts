import { afterAll, afterEach, beforeAll, beforeEach, onTestFailed } from 'vitest'
import type { IClientOptions } from 'mqtt'
import type { IConnectPacket } from 'mqtt-packet'
import { BrokerProcess } from './broker-process.ts'
import { MqttClient } from './mqtt-client.ts'
import { type RedisServer, startRedis } from '../store/redis-server.ts'
import { type Connected, connectWire } from './wire-connection.ts'

/** A broker on a Redis, with clients that are gone after the test that made them. */
export interface World {
  readonly redis: RedisServer
  readonly broker: BrokerProcess
  connect(clientId: string, options?: IClientOptions): Promise<MqttClient>
  connectWire(clientId: string, options?: Partial<IConnectPacket>): Promise<Connected>
}

/**
 * One Redis and one broker for all tests of a file: `pool1` is that Redis. Tests of one world use
 * client ids and topics of their own. What the broker wrote is shown when a test fails.
 */
export function useWorld(options: { readonly rules: string }): World {
  let redis: RedisServer | undefined
  let broker: BrokerProcess | undefined
  const leave: (() => Promise<void>)[] = []

  beforeAll(async () => {
    redis = await startRedis()
    broker = new BrokerProcess({ rules: withPool(options.rules, redis.port) })
    await broker.start()
  })
  afterAll(async () => {
    await broker?.remove()
    await redis?.stop()
  })
  beforeEach(() => {
    onTestFailed(() => { process.stderr.write(`the broker said:\n${broker?.stderr ?? 'nothing'}\n`) })
  })
  afterEach(async () => {
    await Promise.all(leave.splice(0).map((close) => close()))
  })

  const world = {
    get redis(): RedisServer { return here(redis) },
    get broker(): BrokerProcess { return here(broker) },
    async connect(clientId: string, clientOptions?: IClientOptions) {
      const client = await MqttClient.connect(world.broker.port, clientId, clientOptions)
      leave.push(() => client.cut())
      return client
    },
    async connectWire(clientId: string, connect?: Partial<IConnectPacket>) {
      const connection = await connectWire(world.broker.port, clientId, connect)
      leave.push(async () => {
        connection.cut()
        await connection.closed
      })
      return connection
    },
  }
  return world
}

/** Rule lines, and below them their pool. */
export function withPool(rules: string, redisPort: number): string {
  return `${rules.trim()}\nbackend.redis.pool1.server = 127.0.0.1:${redisPort}\n`
}

function here<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the world begins with the first test')
  return value
}
