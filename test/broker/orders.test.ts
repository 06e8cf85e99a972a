import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Orders } from '../../src/broker/orders.ts'
import { newCounters } from '../../src/engine/counters.ts'
import { start } from '../../src/server/start.ts'
import { silentLog } from '../server/silent-log.ts'
import { tempFolder } from '../server/temp-folder.ts'
import { startRedis, until } from '../store/redis-server.ts'

function rig() {
  const done: string[] = []
  const lines: { fields: object, message: string }[] = []
  const counters = newCounters()
  let now = 0
  const orders = new Orders({
    port: {
      subscribe(clientid, filter, qos) { done.push(`subscribe ${clientid} ${filter} ${qos}`) },
      unsubscribe(clientid, filter) { done.push(`unsubscribe ${clientid} ${filter}`) },
    },
    counters,
    log: { ...silentLog, warn(fields, message) { lines.push({ fields, message }) } },
    now: () => now,
  })
  return {
    done, lines, counters,
    take(order: unknown) { orders.take(Buffer.isBuffer(order) ? order : Buffer.from(typeof order === 'string' ? order : JSON.stringify(order)), 'pool1') },
    wait(ms: number) { now += ms },
  }
}

const ORDER = { type: 'subscribe', topic: 'a/+', clientid: 'c', qos: 1 }

describe('an order', () => {
  it('is carried out with its QoS as a number, as a text, or absent', () => {
    const it = rig()
    for (const qos of [0, 1, 2, '0', '1', '2', undefined]) it.take({ ...ORDER, qos })
    it.take({ ...ORDER, type: 'unsubscribe', qos: 'none of its business' })
    expect(it.done).toEqual([
      ...[0, 1, 2, 0, 1, 2, 0].map((qos) => `subscribe c a/+ ${qos}`), 'unsubscribe c a/+',
    ])
    expect(it.counters.ordersRefused).toBe(0)
  })

  it.each<[string, unknown, string]>([
    ['no JSON', '{"type": "subscribe"', 'it is no JSON'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'it is no JSON'],
    ['no object', '[1]', 'it is no object'],
    ['null', 'null', 'it is no object'],
    ['another type', { ...ORDER, type: 'publish' }, '"type" is not "subscribe" or "unsubscribe"'],
    ['no client id', { ...ORDER, clientid: undefined }, '"clientid" is no text'],
    ['an empty client id', { ...ORDER, clientid: '' }, '"clientid" is no text'],
    ['a number as topic', { ...ORDER, topic: 7 }, '"topic" is no text'],
    ['a wrong filter', { ...ORDER, topic: 'a/#/b' }, '"topic" is no filter that can be served'],
    ['an empty filter', { ...ORDER, topic: '' }, '"topic" is no filter that can be served'],
    ['a shared filter', { ...ORDER, topic: '$share/g/a' }, '"topic" is no filter that can be served'],
    ['QoS 3', { ...ORDER, qos: 3 }, '"qos" is not 0, 1 or 2'],
    ['QoS as a longer text', { ...ORDER, qos: '01' }, '"qos" is not 0, 1 or 2'],
    ['QoS null', { ...ORDER, qos: null }, '"qos" is not 0, 1 or 2'],
    ['more than a megabyte', `{"x": "${'x'.repeat(1024 * 1024)}"}`, 'it is too long'],
  ])('with %s is counted and logged without its text, and nothing else', (_, order, reason) => {
    const it = rig()
    it.take(order)
    expect(it.done).toEqual([])
    expect(it.counters.ordersRefused).toBe(1)
    expect(it.lines).toEqual([{ fields: { pool: 'pool1', reason, bytes: expect.any(Number), ordersRefused: 1 }, message: 'what came on the channel is no order' }])
  })

  it('that is none costs one line a minute for each reason, however many come', () => {
    const it = rig()
    for (let i = 0; i < 1_000; i++) it.take('nonsense')
    it.take('[]')
    expect(it.lines).toHaveLength(2)
    it.wait(60_000)
    it.take('nonsense')
    expect(it.lines).toHaveLength(3)
    expect(it.counters.ordersRefused).toBe(1_002)
  })
})

describe('orders on the channel of a pool', () => {
  it('subscribe and unsubscribe the client that is connected, as if it had asked itself', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const file = join(tempFolder(), 'hookline.conf')
    const rule = (name: string, action: object): string =>
      `backend.redis.hook.${name} = ${JSON.stringify({ action, pool: 'pool1', ...(name.startsWith('message') || name.startsWith('session') ? { topic: '#' } : {}) })}\n`
    writeFileSync(file, `backend.redis.pool1.server = 127.0.0.1:${redis.port}\nbackend.redis.pool1.channel = orders\nlistener.tcp.external = 127.0.0.1:0\nlistener.ws.external = off\n`
      + rule('session.subscribed.1', { commands: ['RPUSH seen subscribed:${clientid}:${topic}:${qos}'] })
      + rule('session.unsubscribed.1', { commands: ['RPUSH seen unsubscribed:${clientid}:${topic}'] }))
    const server = await start({ files: [file], version: '0', log: silentLog, showFindings() {}, signal: new AbortController().signal })
    onTestFinished(() => server.close())
    const { port } = server.listeners[0]?.address ?? { port: 0 }
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'c1' })
    onTestFinished(() => client.endAsync(true))
    const got: string[] = []
    client.on('message', (topic) => { got.push(topic) })
    const order = async (fields: object): Promise<void> => { await redis.client.publish('orders', JSON.stringify(fields)) }
    const seen = (): Promise<string[]> => redis.client.lrange('seen', 0, -1)

    await until(async () => Number((await redis.client.pubsub('NUMSUB', 'orders'))[1]) === 1, 'the broker listens')
    await order({ type: 'subscribe', topic: 'x', clientid: 'unknown', qos: 1 })
    await redis.client.publish('orders', 'nonsense')
    await order({ type: 'subscribe', topic: 'a/+', clientid: 'c1', qos: '1' })
    await until(async () => (await seen()).length === 1, 'subscribed')
    await client.publishAsync('a/b', 'x', { qos: 1 })
    await until(() => got.length === 1, 'delivered')

    await order({ type: 'unsubscribe', topic: 'a/+', clientid: 'c1' })
    await order({ type: 'unsubscribe', topic: 'never', clientid: 'c1' })
    await until(async () => (await seen()).length === 2, 'unsubscribed')
    expect(await seen()).toEqual(['subscribed:c1:a/+:1', 'unsubscribed:c1:a/+'])
    await client.publishAsync('a/b', 'x', { qos: 1 })
    await client.subscribeAsync('end', { qos: 1 })
    await client.publishAsync('end', 'x', { qos: 1 })
    await until(() => got.includes('end'), 'delivered')
    expect(got).toEqual(['a/b', 'end'])
  })
})
