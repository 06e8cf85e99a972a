import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { Node } from '../../../src/store/cluster/node.ts'
import { poolSpec } from '../pool-kit.ts'
import { startRedis, until, type RedisServer } from '../redis-server.ts'
import { startProxy, type TcpProxy } from '../tcp-proxy.ts'

let redis: RedisServer
let proxy: TcpProxy
let node: Node
let told: string[]

beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })
beforeEach(async () => {
  proxy = await startProxy(redis.port)
  told = []
  node = new Node({ host: '127.0.0.1', port: proxy.port }, {
    spec: poolSpec(proxy.port), folder: undefined, scripts: [], log: { info() {}, warn() {}, error() {} },
  }, { onUp: () => { told.push('up') }, onDown: () => { told.push('down') }, onTrouble() {} })
  await until(() => node.up, 'up')
})
afterEach(async () => {
  await node.end()
  await proxy.stop()
})

it('a node that is asked again is not lost', async () => {
  node.retry(10)
  expect(node.up).toBe(false)
  await until(() => node.up, 'up again')
  expect(told).toEqual(['up', 'up'])
})

it('a node whose connection is lost before it is asked again is lost, and nothing is left to wait for', async () => {
  node.wrote = true
  node.retry(60_000)
  proxy.cut()
  await until(() => node.up, 'up again')
  expect(told).toEqual(['up', 'down', 'up'])
  expect(node.wrote).toBe(false)
})

it('a node that is ended is not lost', async () => {
  await node.end()
  expect(told).toEqual(['up'])
})
