import { startRedis, type RedisServer } from '../store/redis-server.ts'
import { startProxy, type TcpProxy } from '../store/tcp-proxy.ts'
import { BrokerProcess, DIST } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { type Connected, connectWire } from '../support/wire-connection.ts'
import { withPool } from '../support/world.ts'

/*
 * Promises that chance seldom puts to the test: each is one short scene, on a broker that may be a
 * broken one, and says what it saw that must not be.
 */

export interface Stage {
  readonly redis: RedisServer
  /** Between the broker and Redis. */
  readonly proxy: TcpProxy
  readonly broker: BrokerProcess
  /** A second one on the same Redis, without the proxy, started when it is first asked for. */
  other(): Promise<BrokerProcess>
  connect(clientid: string, options?: Parameters<typeof connectWire>[2] & { readonly to?: BrokerProcess }): Promise<Connected>
}

/** Longer than all that is waited for should take. Milliseconds. */
const PATIENCE_MS = 4_000

const RULES = [
  ...STORED,
  rule('client.connected.1', 'on_client_connected'),
  rule('client.disconnected.1', 'on_client_disconnected'),
]

export const PROMISES = {
  async 'a publisher is not held for ever'({ redis, connect }) {
    // 0.4 of it is less than our patience, and one and a half times it is more
    const pub = await connect('held', { keepalive: 5 })
    redis.freeze()
    pub.publish('queue/held', 'x', { messageId: 1 })
    const closed = await comesTrue(() => !pub.open)
    redis.thaw()
    return closed ? [] : ['it is held longer than its keepalive']
  },

  async 'a QoS 2 message is there until PUBCOMP'({ redis, connect }) {
    const [sub, pub] = [await connect('twice', { clean: false }), await connect('twice-pub')]
    await sub.subscribe('queue/twice', 2)
    pub.publish('queue/twice', 'x', { messageId: 1, qos: 2 })
    const { messageId } = await sub.next('publish')
    sub.send({ cmd: 'pubrec', messageId })
    await sub.next('pubrel')
    // what went to Redis before has been carried out when this has
    pub.publish('queue/other', 'x', { messageId: 2 })
    await pub.next('puback')
    return await redis.client.zcard('mqtt:msg:queue/twice') === 1 ? [] : ['it is gone at PUBREC']
  },

  async 'a position does not pass what is not acknowledged'({ redis, connect }) {
    const [sub, pub] = [await connect('gap'), await connect('gap-pub')]
    await sub.subscribe('pubsub/gap', 1)
    for (const messageId of [1, 2, 3]) pub.publish('pubsub/gap', String(messageId), { messageId })
    await eventually('all have come', () => sub.all('publish').length === 3)
    sub.send({ cmd: 'puback', messageId: sub.all('publish')[2]?.messageId })
    await sub.ping()
    // what went to Redis before has been carried out when this has
    pub.publish('queue/other', 'x', { messageId: 4 })
    await eventually('it is stored', () => pub.all('puback').length === 4)
    return await redis.client.get('mqtt:acked:gap:pubsub/gap') === null ? [] : ['it is behind messages that are out']
  },

  async 'a new message is not taken for an old one'({ redis, connect }) {
    const pub = await connect('same')
    for (let i = 0; i < 2; i++) {
      pub.publish('queue/same', 'the same value', { messageId: 1 })
      await pub.next('puback')
    }
    const count = await redis.client.zcard('mqtt:msg:queue/same')
    return count === 2 ? [] : [`of two that were acknowledged ${count} is stored`]
  },

  async 'no more than the window is on its way'({ connect }) {
    const [sub, pub] = [await connect('window'), await connect('window-pub')]
    await sub.subscribe('pubsub/window', 1)
    for (let i = 1; i <= 50; i++) pub.publish('pubsub/window', String(i), { messageId: i })
    await eventually('all are acknowledged', () => pub.all('puback').length === 50)
    await eventually('the window is full', () => sub.all('publish').length >= 32)
    await sub.ping()
    const count = sub.all('publish').length
    return count === 32 ? [] : [`${count} are on their way`]
  },

  async 'what a broker that was killed left online goes offline'({ redis, broker, connect }) {
    await connect('left')
    await isState(redis, 'left', '1')
    await broker.restart()
    return await isState(redis, 'left', '0') ? [] : ['it stays online']
  },

  async 'presence and acknowledgements of an outage are written after it'({ redis, connect }) {
    const [sub, pub] = [await connect('outage', { clean: false }), await connect('outage-pub')]
    await sub.subscribe('queue/outage', 1)
    pub.publish('queue/outage', 'x', { messageId: 1 })
    const { messageId } = await sub.next('publish')
    await isState(redis, 'outage', '1')
    await redis.kill()
    sub.send({ cmd: 'puback', messageId })
    await sub.ping()
    sub.cut()
    await sub.closed
    await redis.start()
    const [offline, gone] = [
      await isState(redis, 'outage', '0'),
      await comesTrue(async () => await redis.client.zcard('mqtt:msg:queue/outage') === 0),
    ]
    return [...offline ? [] : ['the client stays online'], ...gone ? [] : ['the message stays stored']]
  },

  async 'what another broker stored is not skipped when nobody told of it'({ redis, other, connect }) {
    const topic = 'pubsub/untold'
    const [sub, pub] = [await connect('untold'), await connect('untold-pub')]
    const there = await connect('untold-other', { to: await other() })
    await sub.subscribe(topic, 1)
    pub.publish(topic, 'one', { messageId: 1 })
    await sub.next('publish')
    // until they listen again nobody hears of what is stored
    for (const id of await channelConnections(redis)) await redis.client.call('CLIENT', 'KILL', 'ID', id)
    there.publish(topic, 'two', { messageId: 1 })
    await there.next('puback')
    pub.publish(topic, 'three', { messageId: 2 })
    await comesTrue(() => sub.all('publish').length === 3)
    const got = sub.all('publish').map(({ payload }) => payload.toString())
    return String(got) === 'one,two,three' ? [] : [`what came was ${String(got)}`]
  },

  async 'a message whose answer was lost is not brought back'({ redis, proxy, other, connect }) {
    const topic = 'queue/answered'
    const pub = await connect('answered-pub')
    const sub = await connect('answered', { to: await other() })
    proxy.swallowReplies()
    pub.publish(topic, 'x', { messageId: 1 })
    await eventually('it is stored', async () => await redis.client.zcard(`mqtt:msg:${topic}`) === 1)
    await sub.subscribe(topic, 1)
    const { messageId } = await sub.next('publish')
    sub.send({ cmd: 'puback', messageId })
    await eventually('it is gone', async () => await redis.client.zcard(`mqtt:msg:${topic}`) === 0)
    proxy.pass()
    proxy.cut()
    await pub.next('puback')
    return await redis.client.zcard(`mqtt:msg:${topic}`) === 0 ? [] : ['it is stored again']
  },

  async 'who went elsewhere is not made offline by the broker that it left'({ redis, other, connect }) {
    const here = await connect('fence')
    await isState(redis, 'fence', '1')
    const since = await redis.client.hget('mqtt:client:fence', 'online_at')
    await connect('fence', { to: await other() })
    await eventually('it is online there', async () => await redis.client.hget('mqtt:client:fence', 'online_at') !== since)
    here.cut()
    await eventually('it is gone here', async () => await redis.client.hexists('mqtt:node:here', 'fence') === 0)
    return await redis.client.hget('mqtt:client:fence', 'state') === '1' ? [] : ['it counts as offline']
  },
} as const satisfies Readonly<Record<string, (stage: Stage) => Promise<readonly string[]>>>

export type Promised = keyof typeof PROMISES

/** Plays the scenes on one broker, one after another. Returns what they saw. */
export async function play(promised: readonly Promised[], dist = DIST): Promise<readonly string[]> {
  const ends: (() => Promise<unknown>)[] = []
  try {
    const redis = await startRedis()
    ends.push(() => redis.stop())
    const proxy = await startProxy(redis.port)
    ends.push(() => proxy.stop())
    const start = async (node: string, port: number): Promise<BrokerProcess> => {
      const broker = new BrokerProcess({ dist, rules: withPool(rules(`node.name = ${node}`, ...RULES), port) })
      ends.push(() => broker.remove())
      await broker.start()
      return broker
    }
    const broker = await start('here', proxy.port)
    let second: Promise<BrokerProcess> | undefined
    const stage: Stage = {
      redis, proxy, broker,
      other: () => second ??= start('there', redis.port),
      async connect(clientid, { to = broker, ...options } = {}) {
        const connection = await connectWire(to.port, clientid, options)
        ends.push(async () => { connection.cut() })
        return connection
      },
    }
    const seen: string[] = []
    for (const promise of promised) seen.push(...(await PROMISES[promise](stage)).map((what) => `${promise}: ${what}`))
    return seen
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function channelConnections(redis: RedisServer): Promise<string[]> {
  const lines = String(await redis.client.client('LIST')).split('\n').filter((line) => line.includes('-channels '))
  return lines.flatMap((line) => /^id=(\d+)/.exec(line)?.[1] ?? [])
}

function isState(redis: RedisServer, clientid: string, state: string): Promise<boolean> {
  return comesTrue(async () => await redis.client.hget(`mqtt:client:${clientid}`, 'state') === state)
}

/** False if it does not come to be. */
async function comesTrue(probe: () => boolean | Promise<boolean>): Promise<boolean> {
  return await eventually('it is true', async () => await probe() ? true : undefined, PATIENCE_MS).catch(() => false)
}
