import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { startFakeSentinel, type FakeSentinel } from '../store/fake-sentinel.ts'
import { startCluster, type RedisCluster } from '../store/redis-cluster.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'
import { BrokerProcess } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { makeFolder, removeFolder } from '../support/temp-folder.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

/** What is printed of a file of EMQ X, run as it is printed: variables say where Redis is and that no fixed port is opened. */
interface Row {
  readonly file: string
  readonly topic: string
  /** What is kept of a message with QoS 1 on that topic: its record, by the log of the topic or as its latest. */
  readonly kept: 'log' | 'latest'
  /** Who subscribes later is sent it, and then it is gone if its acknowledgement says so. */
  readonly fetched?: 'stays' | 'goes'
  readonly pool?: 'sentinel' | 'cluster'
  /** Of the Redis; 0 unless said. */
  readonly database?: number
  /** The file asks for what is not here. */
  readonly env?: Readonly<Record<string, string>>
  /** A command of a rule has written this list. */
  readonly list?: string
}

const ROWS: readonly Row[] = [
  { file: '2.0-english.conf', topic: 'queue/1', kept: 'log', fetched: 'goes', database: 1, list: 'pub:queue/1' },
  { file: '2.0-sentinel.conf', topic: 'a/1', kept: 'log', fetched: 'stays', pool: 'sentinel' },
  { file: '2.4-shipped.conf', topic: 'pubsub/1', kept: 'log', fetched: 'stays', database: 1 },
  { file: '3.2-chinese.conf', topic: '温度/1', kept: 'log' },
  { file: '4.4-keep-latest.conf', topic: 'a/1', kept: 'latest', fetched: 'goes', pool: 'cluster' },
  {
    file: '4.4-whole-broker.conf', topic: 'sensors/1', kept: 'log', fetched: 'stays',
    env: { HOOKLINE_LISTENER__TCP__INTERNAL: 'off', HOOKLINE_LISTENER__SSL__EXTERNAL: 'off', HOOKLINE_LISTENER__WS__EXTERNAL: 'off' },
  },
  { file: '4.x-docker.env', topic: 'a/1', kept: 'log', list: 'pub:a/1' },
  { file: 'before-2.0.conf', topic: 'a/1', kept: 'log', fetched: 'goes', database: 1 },
  { file: 'with-mistakes.conf', topic: 'a/1', kept: 'log', fetched: 'goes' },
]

/** What the variables of a file's Redis say, and where a test looks into it. */
interface Place {
  readonly server: string
  readonly look: Redis
}

let redis: RedisServer
let sentinel: FakeSentinel
let cluster: RedisCluster
beforeAll(async () => {
  [redis, cluster] = await Promise.all([startRedis(), startCluster({ masters: 1, replicas: 0 })])
  sentinel = await startFakeSentinel({ port: redis.port, epoch: 1 })
}, 60_000)
afterAll(() => Promise.all([redis.stop(), sentinel.stop(), cluster.stop()]))
beforeEach(async () => {
  await redis.client.flushall()
  await cluster.flush()
})

function placeOf({ pool, database = 0 }: Row): Place {
  const [node] = cluster.nodes
  if (pool === 'cluster' && node !== undefined) return { server: `127.0.0.1:${node.port}`, look: node.client }
  const look = redis.client.duplicate({ db: database })
  onTestFinished(() => { look.disconnect() })
  return { server: `127.0.0.1:${pool === 'sentinel' ? sentinel.port : redis.port}`, look }
}

test('every file that is migrated is run', () => {
  expect(readdirSync(here).filter((file) => /\.(?:conf|env)$/.test(file)).sort()).toEqual(ROWS.map(({ file }) => file).sort())
})

test.each(ROWS)('$file runs once it is migrated, and a message is kept as its rules say', async (row) => {
  const { file, topic, kept, fetched, list } = row
  const { server, look } = placeOf(row)
  const dataFolder = makeFolder()
  const broker = new BrokerProcess({
    rules: readFileSync(join(here, `${file}.migrated`), 'utf8'),
    env: { HOOKLINE_BACKEND__REDIS__POOL1__SERVER: server, HOOKLINE_BACKEND__REDIS__POOL1__PASSWORD: '', HOOKLINE_NODE__DATA_DIR: dataFolder, ...row.env },
  })
  onTestFinished(async () => {
    await broker.remove()
    removeFolder(dataFolder)
  })
  await broker.start()

  const sender = await MqttClient.connect(broker.port, 'sender')
  onTestFinished(() => sender.cut())
  await sender.publish(topic, 'hi')
  const key = kept === 'log' ? `mqtt:msg:${topic}` : `mqtt:latest:${topic}`
  const ids = kept === 'log' ? await look.zrange(key, '0', '-1') : await look.hmget(key, 'id')
  expect(ids).toEqual([expect.stringMatching(/^[0-9A-Za-z]{20}$/)])
  expect(await look.hget(kept === 'log' ? `mqtt:msg:${ids[0]}` : key, 'payload')).toBe('hi')
  if (list !== undefined) expect(await look.lrange(list, '0', '-1')).toEqual(ids)
  if (fetched === undefined) return

  const reader = await MqttClient.connect(broker.port, 'reader')
  onTestFinished(() => reader.cut())
  await reader.subscribe(topic, 1)
  await reader.waitForCount(1)
  expect(reader.messages).toEqual([{ topic, payload: 'hi', qos: 1, retain: false, dup: false }])
  if (fetched === 'goes') await eventually('it is gone', async () => await look.exists(key) === 0)
  else expect(await look.exists(key)).toBe(1)
})
