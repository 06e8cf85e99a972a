import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'
import { parser } from 'mqtt-packet'
import { type RedisServer, startRedis } from '../store/redis-server.ts'
import { startProxy, type TcpProxy } from '../store/tcp-proxy.ts'
import { BrokerProcess } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { rules, STORED } from '../support/rules.ts'
import { WireClient } from '../support/wire-client.ts'
import { withPool } from '../support/world.ts'
import { Ledger, type Verdict } from './ledger.ts'
import { publishNumbers, TOPICS } from './publish-numbers.ts'
import { between, type Random, randomFrom } from './random.ts'
import { type Unpaired, unpairedNow } from './record-index.ts'
import { type Stored, storedByFiles } from './stored.ts'

/** How long the publishers may take to have everything acknowledged. Milliseconds. */
const FINISH_MS = 30_000
/** How long a recovery is waited for. What it may take is for who reads the result. Milliseconds. */
const RECOVERY_MS = 20_000
/** On each way between broker and Redis, so that something lands between a request and its answer. Milliseconds. */
export const REDIS_DELAY_MS = 4

/** What a trial says. */
export interface TrialResult extends Verdict {
  /** How often each was done. */
  readonly faults: ReadonlyMap<string, number>
  /** After each outage: milliseconds from Redis being back until every publisher was acknowledged again. */
  readonly recoveryMs: readonly number[]
  /** At the end; absent where the look would not be one moment's. */
  readonly unpaired: Unpaired | undefined
}

/** What a fault can be done to. */
export interface Targets extends ClientTargets {
  readonly redis: RedisServer
  /** Between brokers and Redis. */
  readonly redisProxy: TcpProxy
}

/** All but the store. */
export interface ClientTargets {
  readonly random: Random
  readonly brokers: readonly BrokerProcess[]
  /** Between each subscriber and its broker. */
  readonly subscriberProxies: readonly TcpProxy[]
  readonly publisherProxies: readonly TcpProxy[]
  /** SIGKILL and start again; counts as another life. */
  restart(broker: BrokerProcess): Promise<void>
  /** Counts a fault that was done. */
  did(fault: string): void
  /** Redis is back since `time` (milliseconds since 1970): waits until every publisher is acknowledged again, and notes how long that took. */
  recovered(time: number): Promise<void>
  /** Redis has lost its data by itself. */
  dataGone(): void
}

export interface TrialOptions extends ClientOptions {
  /** Done while messages flow; when it is over, so are they. */
  readonly faults: (targets: Targets) => Promise<void>
  /** On each way between broker and Redis, so that much lands between a request and its answer. Milliseconds. */
  readonly redisDelayMs?: number
}

/** A store of another kind than one Redis behind a proxy. */
export interface StoreTrialOptions extends ClientOptions {
  /** Lines of the rules for `pool1`. */
  readonly pool: string
  readonly faults: (targets: ClientTargets) => Promise<void>
  /** Where to look, at the end. */
  readonly look: Look
}

/** Into the store of a trial. */
export interface Look {
  /** For what nobody has seen. */
  client(): Promise<Redis | Cluster>
  stored(): Promise<Stored>
  unpaired(): Promise<Unpaired | undefined>
}

interface ClientOptions {
  readonly seed: number
  /** Build to run; absent: the one under test. */
  readonly dist?: string
  readonly brokers: 1 | 2
  /** Topics that get one more message through each broker at the end, which tells the other what it missed. */
  readonly lastMessage?: readonly string[]
  /** How long the subscribers may take for the rest. Milliseconds. */
  readonly settleMs: number
}

/**
 * Numbered messages of four publishers, half QoS 1, half QoS 2, to two queue and two pubsub
 * subscribers that reconnect with persistent sessions, while faults are done to all of it. With
 * two brokers every second client is at the second.
 */
export async function runTrial(options: TrialOptions): Promise<TrialResult> {
  const redis = await startRedis()
  try {
    const redisProxy = await startProxy(redis.port)
    try {
      redisProxy.delay(options.redisDelayMs ?? REDIS_DELAY_MS)
      return await runTrialOn({
        ...options,
        pool: withPool('', redisProxy.port),
        faults: (targets) => options.faults({ ...targets, redis, redisProxy }),
        look: {
          client: () => Promise.resolve(redis.client),
          stored: () => Promise.resolve(storedByFiles(redis.folder)),
          unpaired: () => unpairedNow(redis.client),
        },
      })
    } finally {
      await redisProxy.stop()
    }
  } finally {
    await redis.stop()
  }
}

/** The same on another store. */
export async function runTrialOn(options: StoreTrialOptions): Promise<TrialResult> {
  const random = randomFrom(options.seed)
  const ledger = new Ledger()
  const faults = new Map<string, number>()
  const did = (fault: string): void => { faults.set(fault, (faults.get(fault) ?? 0) + 1) }
  const recoveryMs: number[] = []
  const cleanups: (() => Promise<unknown>)[] = []
  try {
    const brokers: BrokerProcess[] = []
    for (let i = 0; i < options.brokers; i++) {
      const broker = new BrokerProcess({
        rules: rules(`node.name = node-${i}`, ...STORED) + options.pool,
        ...(options.dist === undefined ? {} : { dist: options.dist }),
      })
      cleanups.push(() => broker.remove())
      await broker.start()
      brokers.push(broker)
    }

    const subscriberProxies: TcpProxy[] = []
    const publisherProxies: TcpProxy[] = []
    const client = async (clientId: string, i: number, topics: readonly string[]): Promise<WireClient> => {
      const broker = brokers[i % brokers.length]
      if (broker === undefined) throw new Error('a trial has a broker')
      const proxy = await startProxy(broker.port, () => hearPubacks((packetId) => {
        const payload = made.payloadOf(packetId)
        if (payload !== undefined) ledger.pubackWritten(payload)
      }))
      cleanups.push(() => proxy.stop())
      const proxies = topics.length > 0 ? subscriberProxies : publisherProxies
      proxies.push(proxy)
      const made = new WireClient({
        port: () => proxy.port,
        clientId,
        brokerRun: () => broker.runs,
        subscriptions: topics.map((topic) => ({ topic, qos: 2 })),
        // some at once, some after the next page has been asked for
        ackDelayMs: () => random() < 0.4 ? 0 : between(random, 1, 40),
        onArrival: (arrival) => { ledger.arrived(clientId, arrival) },
        onHandedOver: (arrival) => { ledger.handedOver(clientId, arrival) },
        onSent: (payload, again) => { ledger.sent(payload, again) },
      })
      made.start()
      cleanups.push(() => made.stop())
      return made
    }
    for (const kind of ['queue', 'pubsub']) {
      for (let i = 0; i < 2; i++) {
        const topics = TOPICS.filter((topic) => topic.startsWith(kind))
        ledger.subscriber(`${kind}-${i}`, topics)
        await client(`${kind}-${i}`, i, topics)
      }
    }
    const publishers = []
    for (let i = 0; i < 4; i++) publishers.push(await client(`publisher-${i}`, i, []))

    const stopped = new AbortController()
    const publishing = publishers.map((publisher) => publishNumbers(publisher, { ledger, random, stop: stopped.signal }))
    const failed = Promise.all(publishing)
    await Promise.race([failed, options.faults({
      random, brokers, subscriberProxies, publisherProxies,
      async restart(broker) {
        await broker.kill()
        ledger.life++
        await broker.start()
        did('broker killed')
      },
      did,
      async recovered(time) {
        await eventually('every publisher is acknowledged again', () => ledger.allAcknowledgedSince(time), RECOVERY_MS)
        recoveryMs.push(Date.now() - time)
      },
      dataGone() { ledger.dataGone() },
    })])
    stopped.abort()
    await orFail(failed, FINISH_MS, () => `not everything was acknowledged; the broker said:\n${brokers.map(({ stderr }) => stderr).join('\n')}`)

    for (const topic of options.lastMessage ?? []) {
      for (let i = 0; i < brokers.length; i++) {
        const publisher = publishers[i]
        if (publisher !== undefined) await publishLast(publisher, ledger, topic)
      }
    }
    const settled = Date.now() + options.settleMs
    while (ledger.missing().length > 0 && Date.now() < settled) await sleep(50)
    const { look } = options
    const verdict = await ledger.verdict(await look.client(), await look.stored())
    return { ...verdict, faults, recoveryMs, unpaired: await look.unpaired() }
  } finally {
    // one that fails must not leave the processes of the others behind
    const failures: unknown[] = []
    for (const cleanup of cleanups.reverse()) await cleanup().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) process.stderr.write(`cleaning up failed: ${failures.map(String).join('; ')}\n`)
  }
}

async function publishLast(publisher: WireClient, ledger: Ledger, topic: string): Promise<void> {
  const payload = ledger.made({ publisher: publisher.clientId, topic, number: Number.MAX_SAFE_INTEGER, qos: 1 })
  await publisher.publish(topic, payload, 1)
}

/** Reads what a broker writes to one client, also what does not arrive there. */
function hearPubacks(heard: (packetId: number) => void): (bytes: Buffer) => void {
  const reader = parser({ protocolVersion: 4 })
  reader.on('packet', ({ cmd, messageId }) => { if (cmd === 'puback' && messageId !== undefined) heard(messageId) })
  return (bytes) => { reader.parse(bytes) }
}

async function orFail<T>(work: Promise<T>, ms: number, message: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(new Error(message())) }, ms) })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
