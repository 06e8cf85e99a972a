import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { ROOT } from '../structure/imports.ts'
import { eventually } from '../support/eventually.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { hookline, masked, type HooklineProcess } from './hookline-process.ts'
import { tempFolder } from './temp-folder.ts'

/** The rules that come with hookline, and what they leave out; on a free port. */
const RULES = `${readFileSync(join(ROOT, 'rules/hookline.conf'), 'utf8')}
listener.tcp.external = 127.0.0.1:0
listener.ws.external = off
backend.redis.hook.message.publish.8 = {"topic": "last/#", "action": {"function": "on_message_store_keep_latest"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.session.subscribed.8 = {"topic": "last/#", "action": {"function": "on_message_fetch_for_keep_latest"}, "pool": "pool1"}
backend.redis.hook.message.acked.8 = {"topic": "last/#", "action": {"function": "on_message_acked_for_keep_latest"}, "pool": "pool1"}
backend.redis.hook.message.publish.9 = {"topic": "#", "action": {"commands": ["HINCRBY published \${topic} 1"]}, "pool": "pool1"}
`
const INSTALL = /apt-get install redis-server|dnf install valkey|apk add redis|pacman -S valkey|brew install redis/g

interface Machine {
  readonly it: HooklineProcess
  readonly port: number
  /** Beside the rules file. */
  readonly data: string
}

/** A PATH on which there is nothing but Node. */
function nodeAlone(): string {
  const bin = tempFolder()
  symlinkSync(process.execPath, join(bin, 'node'))
  return bin
}

async function start(folder = tempFolder()): Promise<Machine> {
  const file = join(folder, 'rules.conf')
  if (!existsSync(file)) writeFileSync(file, RULES)
  const it = hookline(['start', file], { PATH: nodeAlone() })
  const [ready] = await it.lines('ready', 1)
  const listeners = ready?.['listeners'] as { port: number }[] | undefined // what the log says of them
  return { it, port: listeners?.[0]?.port ?? 0, data: join(folder, 'data') }
}

async function look<T>({ data }: Machine, at: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ path: join(data, 'redis.sock') })
  try {
    return await at(redis)
  } finally {
    redis.disconnect()
  }
}

test('with Node alone it starts, and says that it keeps nothing', async () => {
  const { it, data } = await start()
  await expect(masked(await it.greeting())).toMatchFileSnapshot('in-process.out')
  expect(await it.lines('no redis-server is on the PATH', 1)).toMatchObject([{
    level: 'warn', command: expect.stringMatching(INSTALL),
    msg: 'no redis-server is on the PATH: the embedded store runs in this process, and what it holds is gone when that ends',
  }])
  expect(statSync(join(data, 'redis.sock')).mode & 0o777).toBe(0o600)
  it.signal('SIGINT')
  expect(await it.exit).toBe(0)
  expect(readdirSync(data)).toEqual([])
})

test('the walk-through: queue, positions, wildcards, retained and latest messages, presence, commands', async () => {
  const machine = await start()
  const { port } = machine
  const pub = await MqttClient.connect(port, 'pub')
  for (const topic of ['queue/a', 'queue/b', 'pubsub/a']) {
    for (const payload of ['one', 'two']) await pub.publish(topic, `${topic} ${payload}`)
  }
  await pub.publish('last/a', 'older')
  await pub.publish('last/a', 'newest')
  await pub.publish('room/a', 'warm', { retain: true })
  expect(await look(machine, (redis) => redis.zcard('mqtt:msg:queue/a'))).toBe(2)
  expect(await look(machine, (redis) => redis.hgetall('published'))).toEqual({
    'queue/a': '2', 'queue/b': '2', 'pubsub/a': '2', 'last/a': '2', 'room/a': '1',
  })

  const sub = await MqttClient.connect(port, 'sub')
  for (const filter of ['queue/+', 'pubsub/a', 'last/a', 'room/#']) await sub.subscribe(filter, 1)
  await sub.waitForCount(8)
  expect(sub.payloads('queue/a')).toEqual(['queue/a one', 'queue/a two'])
  expect(sub.payloads('queue/b')).toEqual(['queue/b one', 'queue/b two'])
  expect(sub.payloads('pubsub/a')).toEqual(['pubsub/a one', 'pubsub/a two'])
  expect(sub.payloads('last/a')).toEqual(['newest'])
  expect(sub.messages.find(({ topic }) => topic === 'room/a')).toMatchObject({ payload: 'warm', retain: true })
  await eventually('what was acknowledged is gone', async () =>
    await look(machine, (redis) => redis.exists('mqtt:msg:queue/a', 'mqtt:msg:queue/b', 'mqtt:latest:last/a')) === 0)
  await eventually('the position is noted', async () => {
    const newest = await look(machine, (redis) => redis.zrange('mqtt:msg:pubsub/a', '-1', '-1'))
    return await look(machine, (redis) => redis.get('mqtt:acked:sub:pubsub/a')) === newest[0]
  })

  await sub.disconnect()
  await eventually('offline', async () => await look(machine, (redis) => redis.hget('mqtt:client:sub', 'state')) === '0')
  await pub.publish('pubsub/a', 'three')
  const again = await MqttClient.connect(port, 'sub')
  await again.subscribe('pubsub/a', 1)
  await again.waitForCount(1)
  await pub.publish('pubsub/a', 'live')
  await again.waitForCount(2)
  expect(again.payloads()).toEqual(['three', 'live'])
  expect(await look(machine, (redis) => redis.hget('mqtt:client:sub', 'state'))).toBe('1')
  await pub.disconnect()
  await again.disconnect()
})

test('a save of the rules is taken over, and what is stored stays', async () => {
  const machine = await start()
  const pub = await MqttClient.connect(machine.port, 'pub')
  await pub.publish('queue/a', 'one')
  writeFileSync(join(machine.data, '../rules.conf'), RULES.replace('"HINCRBY published', '"HINCRBY counted'))
  await machine.it.lines('reload applied', 1)
  await pub.publish('queue/a', 'two')
  expect(await look(machine, (redis) => redis.hgetall('counted'))).toEqual({ 'queue/a': '1' })
  expect(await look(machine, (redis) => redis.zcard('mqtt:msg:queue/a'))).toBe(2)
  await pub.disconnect()
})

test.each(['SIGTERM', 'SIGKILL'] as const)('nothing is kept from one start to the next, after %s', async (signal) => {
  const folder = tempFolder()
  const first = await start(folder)
  const pub = await MqttClient.connect(first.port, 'pub')
  await pub.publish('queue/a', 'hello')
  await pub.cut()
  first.it.signal(signal)
  await first.it.exit
  const second = await start(folder)
  expect(await look(second, (redis) => redis.dbsize())).toBe(0)
  const sub = await MqttClient.connect(second.port, 'sub')
  await sub.subscribe('queue/a', 1)
  const other = await MqttClient.connect(second.port, 'pub')
  await other.publish('queue/a', 'new')
  await sub.waitForCount(1)
  expect(sub.payloads()).toEqual(['new'])
  await sub.disconnect()
  await other.disconnect()
})

test('two brokers do not share a data folder', async () => {
  const folder = tempFolder()
  await start(folder)
  const it = hookline(['start', join(folder, 'rules.conf')], { PATH: nodeAlone() })
  expect(await it.exit).toBe(2)
  expect(it.stderr()).toContain(`another running hookline uses the data folder ${join(folder, 'data')}`)
})

test('what a redis-server kept is not passed over when there is none any more', async () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'rules.conf'), RULES)
  mkdirSync(join(folder, 'data/appendonlydir'), { recursive: true })
  const it = hookline(['start', join(folder, 'rules.conf')], { PATH: nodeAlone() })
  expect(await it.exit).toBe(2)
  const said = it.stderr().replaceAll(folder, 'FOLDER').replace(INSTALL, 'INSTALL')
  expect(said.slice(said.indexOf('hookline: '))).toBe(`hookline: the Redis of pool1 is not there: the data folder FOLDER/data holds what a redis-server kept, and none is on the PATH: INSTALL
  backend.redis.pool1.server = embedded (FOLDER/rules.conf:8)
  install it, so that nothing of it is lost, or start anew in another folder: node.data_dir = another-folder
`)
})

test.each([
  ['a clone', 'hookline', 'npm ci'],
  ['a package', 'node_modules/hookline', 'npm install js-redis-server@0.3.0'],
])('without redis-server and without the package both ways to help are said, of %s', async (_, place, command) => {
  const folder = join(tempFolder(), place)
  copyWithoutThePackage(folder)
  writeFileSync(join(folder, 'rules.conf'), RULES)
  const child = spawn(process.execPath, [join(folder, 'dist/bundle/main.js'), 'start', 'rules.conf'], {
    cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, NO_COLOR: '1', PATH: nodeAlone() },
  })
  onTestFinished(() => { child.kill() })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text })
  await once(child, 'close')
  expect(child.exitCode).toBe(2)
  said = said.replace(INSTALL, 'INSTALL')
  expect(said.slice(said.indexOf('hookline: '))).toBe(`hookline: the Redis of pool1 is not there: neither redis-server nor valkey-server is installed: INSTALL, or for a store in memory: ${command}
  backend.redis.pool1.server = embedded (rules.conf:8)
  install it, or name a Redis that runs in place of \`embedded\`
`)
})

/** The build, where the optional package was left out. */
function copyWithoutThePackage(folder: string): void {
  for (const name of ['dist', 'package.json']) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== 'js-redis-server') symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
}
