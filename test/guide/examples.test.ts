import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { eventually } from '../support/eventually.ts'
import { EXAMPLES, useExample } from './example-world.ts'

/*
 * Each example does what its comments and docs/guide.md say of it, looked at in Redis.
 */

const TIME = expect.stringMatching(/^\d{10}$/)
const MSGID = expect.stringMatching(/^[0-9A-Za-z]{20}$/)

const NAMES = readdirSync(EXAMPLES).filter((file) => file.endsWith('.conf')).map((file) => file.replace(/\.conf$/, ''))

describe('lint finds nothing in', () => {
  test.each(NAMES)('%s', (name) => {
    const file = `${name}.conf`
    expect(compile([{ name: file, text: readFileSync(join(EXAMPLES, file), 'utf8') }]).diagnostics).toEqual([])
  })
})

describe('presence', () => {
  const world = useExample('presence')

  test('a client is online while it is connected, and offline after, also when it is cut off', async () => {
    const { redis } = world
    const lamp = await world.connect('lamp')
    await eventually('lamp is online', async () => await redis.hget('mqtt:client:lamp', 'state') === '1')
    expect(await redis.hgetall('mqtt:client:lamp')).toEqual({ state: '1', online_at: TIME, offline_at: 'undefined' })
    expect(await redis.hgetall('mqtt:node:hookline@127.0.0.1')).toEqual({ lamp: TIME })

    lamp.destroySocket()
    await eventually('lamp is offline', async () => await redis.hget('mqtt:client:lamp', 'state') === '0')
    expect(await redis.hgetall('mqtt:client:lamp')).toEqual({ state: '0', online_at: TIME, offline_at: TIME })
    expect(await redis.keys('*')).toEqual(['mqtt:client:lamp'])
  })

  test('clients that were online when the broker was killed are offline after it has started again', async () => {
    const { redis } = world
    await world.connect('heater')
    await eventually('heater is online', async () => await redis.hget('mqtt:client:heater', 'state') === '1')
    await world.broker.restart()
    await eventually('heater is offline', async () => await redis.hget('mqtt:client:heater', 'state') === '0')
    expect(await redis.exists('mqtt:node:hookline@127.0.0.1')).toBe(0)
  })
})

describe('offline-queue', () => {
  const world = useExample('offline-queue')
  const log = (topic: string) => world.redis.zcard(`mqtt:msg:${topic}`)

  test('commands wait for their device, come in order, and are gone when it has acknowledged them', async () => {
    const topic = 'devices/lamp/commands'
    const app = await world.connect('app')
    for (const command of ['on', 'dim 40', 'off']) await app.publish(topic, command, { qos: 1 })
    const [first = ''] = await world.redis.zrange(`mqtt:msg:${topic}`, '0', '0')
    expect(await world.redis.hgetall(`mqtt:msg:${first}`)).toEqual({
      id: MSGID, from: 'app', qos: '1', topic, payload: 'on', ts: TIME, retain: 'false',
    })
    expect(await world.redis.ttl(`mqtt:msg:${first}`)).toBeGreaterThan(86_000)

    const lamp = await world.connect('lamp')
    await lamp.subscribe(topic, 1)
    await lamp.waitForCount(3)
    expect(lamp.payloads()).toEqual(['on', 'dim 40', 'off'])
    await eventually('an empty queue', async () => await log(topic) === 0)
    expect(await world.redis.exists(`mqtt:msg:${first}`)).toBe(0)
  })

  test('a broker that is killed loses no command', async () => {
    const topic = 'devices/pump/commands'
    const app = await world.connect('app')
    await app.publish(topic, 'start', { qos: 1 })
    await world.broker.restart()
    const pump = await world.connect('pump')
    await pump.subscribe(topic, 1)
    await pump.waitForCount(1)
    expect(pump.payloads()).toEqual(['start'])
  })

  test('of QoS 0 nothing is stored', async () => {
    const topic = 'devices/fan/commands'
    const app = await world.connect('app')
    await app.publish(topic, 'lost', { qos: 0 })
    await app.publish(topic, 'kept', { qos: 1 })
    expect(await log(topic)).toBe(1)
  })

  test('the members of a shared subscription divide the queue, each command going to one of them', async () => {
    const topic = 'devices/any/commands'
    const workers = await Promise.all(['worker1', 'worker2'].map((name) => world.connect(name)))
    for (const worker of workers) await worker.subscribe('$share/workers/devices/any/commands', 1)
    const app = await world.connect('app')
    const jobs = Array.from({ length: 20 }, (_, i) => `job ${i + 1}`)
    for (const job of jobs) await app.publish(topic, job, { qos: 1 })
    await eventually('an empty queue', async () => await log(topic) === 0)
    expect(workers.flatMap((worker) => worker.payloads()).sort()).toEqual([...jobs].sort())
    for (const worker of workers) expect(worker.payloads().length).toBeGreaterThan(0)
  })
})

describe('one-to-many', () => {
  const world = useExample('one-to-many')

  test('each application gets every reading once, however late it comes, and its position is in Redis', async () => {
    const { redis } = world
    const topic = 'readings/hall'
    const sensor = await world.connect('sensor')
    for (const reading of ['20.1', '20.4']) await sensor.publish(topic, reading, { qos: 1 })
    for (const app of ['billing', 'alarms']) {
      const client = await world.connect(app)
      await client.subscribe('readings/#', 1)
      await client.waitForCount(2)
      expect(client.payloads(), app).toEqual(['20.1', '20.4'])
      const [last] = await redis.zrange(`mqtt:msg:${topic}`, '-1', '-1')
      await eventually('its position is the last reading', async () => await redis.get(`mqtt:acked:${app}:${topic}`) === last)
      await client.disconnect()
    }
    await sensor.publish(topic, '20.9', { qos: 1 })
    const billing = await world.connect('billing')
    await billing.subscribe('readings/#', 1)
    await billing.waitForCount(1)
    expect(billing.payloads()).toEqual(['20.9'])
    expect(await redis.zcard(`mqtt:msg:${topic}`)).toBe(3)
  })

  test('who unsubscribes from a topic has no position in it any more; that of a wildcard stays', async () => {
    const { redis } = world
    const topic = 'readings/cellar'
    const sensor = await world.connect('sensor')
    await sensor.publish(topic, '12.0', { qos: 1 })
    for (const [app, filter, left] of [['exact', topic, 0], ['wild', 'readings/+', 1]] as const) {
      const client = await world.connect(app)
      const position = `mqtt:acked:${app}:${topic}`
      await client.subscribe(filter, 1)
      await eventually('a position', async () => await redis.exists(position) === 1)
      await client.unsubscribe(filter)
      // the rule runs after UNSUBACK; what is stored after it shows that it has run
      await sensor.publish('readings/other', '1', { qos: 1 })
      await eventually('the position is as it should be', async () => await redis.exists(position) === left)
    }
  })
})

describe('retained', () => {
  const world = useExample('retained')

  test('the last value comes at once, by wildcard too and after a crash; an empty one removes it', async () => {
    const { redis } = world
    const sensor = await world.connect('sensor')
    await sensor.publish('values/hall', '20.1', { retain: true })
    await sensor.publish('values/hall', '20.4', { retain: true })
    expect(await redis.hgetall('mqtt:retain:values/hall')).toEqual({
      id: MSGID, from: 'sensor', qos: '1', topic: 'values/hall', payload: '20.4', ts: TIME, retain: 'true',
    })
    expect(await redis.ttl('mqtt:retain:values/hall')).toBeGreaterThan(604_000)

    await world.broker.restart()
    const app = await world.connect('app')
    await app.subscribe('values/#', 1)
    await app.waitForCount(1)
    expect(app.messages).toEqual([{ topic: 'values/hall', payload: '20.4', qos: 1, retain: true, dup: false }])

    const again = await world.connect('sensor')
    await again.publish('values/hall', '', { retain: true })
    expect(await redis.exists('mqtt:retain:values/hall')).toBe(0)
  })

  test('who subscribes while Redis is away gets the value when it is back', async () => {
    const { redis } = world
    const sensor = await world.connect('sensor')
    await sensor.publish('values/attic', '8.0', { retain: true })
    const pid = Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1])
    const app = await world.connect('app')
    process.kill(pid, 'SIGSTOP')
    try {
      expect(await app.subscribe('values/attic', 1)).toBe(1)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await app.waitForCount(1)
    expect(app.payloads()).toEqual(['8.0'])
  })
})

describe('keep-latest', () => {
  const world = useExample('keep-latest')

  test('a dashboard gets the newest reading of each topic; one that it has acknowledged is gone', async () => {
    const { redis } = world
    const sensor = await world.connect('sensor')
    for (const reading of ['20.1', '20.2', '20.3']) await sensor.publish('sensors/hall', reading, { qos: 1 })
    await sensor.publish('sensors/cellar', '12.0', { qos: 2 })
    expect(await redis.hgetall('mqtt:latest:sensors/hall')).toEqual({
      id: MSGID, from: 'sensor', qos: '1', topic: 'sensors/hall', payload: '20.3', ts: TIME, retain: 'false',
    })

    const dashboard = await world.connect('dashboard')
    await dashboard.subscribe('sensors/#', 1)
    await dashboard.waitForCount(2)
    expect(dashboard.payloads('sensors/hall')).toEqual(['20.3'])
    expect(dashboard.payloads('sensors/cellar')).toEqual(['12.0'])
    await eventually('they are gone', async () => await redis.exists('mqtt:latest:sensors/cellar', 'mqtt:latest:sensors/hall') === 0)
  })

  test('a reading of QoS 0 stays for the next dashboard', async () => {
    const sensor = await world.connect('sensor')
    await sensor.publish('sensors/attic', '8.0', { qos: 0 })
    await eventually('the reading', async () => await world.redis.exists('mqtt:latest:sensors/attic') === 1)
    for (const name of ['dashboard1', 'dashboard2']) {
      const dashboard = await world.connect(name)
      await dashboard.subscribe('sensors/attic', 1)
      await dashboard.waitForCount(1)
      expect(dashboard.payloads(), name).toEqual(['8.0'])
    }
  })
})

describe('commands', () => {
  const world = useExample('commands')

  test('what was published is in the audit stream, whatever is in it, and who received it is noted', async () => {
    const { redis } = world
    const valve = await world.connect('valve7')
    await valve.subscribe('valves/7', 1)
    const operator = await world.connect('operator')
    await operator.publish('valves/7', 'open  it "wide" $(now)', { qos: 1 })

    expect(await redis.xrange('audit', '-', '+')).toEqual([
      [expect.stringMatching(/^\d+-\d+$/), ['who', 'operator', 'topic', 'valves/7', 'payload', 'open  it "wide" $(now)']],
    ])
    expect(await redis.hgetall('publishers')).toEqual({ operator: '1' })
    expect(await redis.hgetall('last:operator')).toEqual({ what: expect.stringMatching(/^valves\/7 at \d{10}$/) })
    await eventually('the receipt', async () => await redis.hexists('received:valve7', 'valves/7') === 1)
    expect(await redis.hgetall('received:valve7')).toEqual({ 'valves/7': MSGID })
  })
})

describe('two-pools', () => {
  const world = useExample('two-pools')

  test('each rule works in its own pool', async () => {
    const app = await world.connect('app')
    await app.publish('devices/lamp/commands', 'on', { qos: 1 })
    await eventually('app is online', async () => await world.redis1.hget('mqtt:client:app', 'state') === '1')
    expect(await world.redis.exists('mqtt:msg:devices/lamp/commands')).toBe(1)
    expect((await world.redis1.keys('*')).sort()).toEqual(['mqtt:client:app', 'mqtt:node:hookline@127.0.0.1'])
    expect(await world.redis.keys('mqtt:client:*')).toEqual([])
  })
})
