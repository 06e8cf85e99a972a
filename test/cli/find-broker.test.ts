import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule } from '../support/rules.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'
import { shortPath } from '../../src/cli/short-path.ts'
import { Commands, type RunningBroker } from './commands.ts'

let redis: RedisServer
beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })

test.each([['status'], ['reload'], ['redis', 'ping']])('without a broker, %s says where none is registered, exit 2', async (...args) => {
  const commands = new Commands()
  expect(await commands.run(...args)).toMatchObject({
    code: 2, out: '', err: `hookline: no running hookline of this user is registered in ${commands.runtime}/hookline\n`,
  })
})

test('one broker needs no argument; a stopped one leaves nothing behind', async () => {
  const commands = new Commands()
  const broker = await commands.start(rulesOn('a@host'))
  expect(await commands.run('redis', 'ping')).toMatchObject({ code: 0, out: 'PONG\n', err: '' })
  expect(sockets(commands)).toHaveLength(1)
  broker.signal('SIGTERM')
  expect(await broker.exit).toBe(0)
  expect(sockets(commands)).toEqual([])
})

test('several brokers are listed, exit 2, and told apart by pid or node name', async () => {
  const commands = new Commands()
  const a = await commands.start(rulesOn('a@host'))
  const b = await commands.start(rulesOn('b@host'))
  const listed = await commands.run('status')
  expect(listed).toMatchObject({ code: 2, out: '' })
  expect(listed.err.split('\n').slice(0, 1)).toEqual(['hookline: several run here, say which one with --broker PID:'])
  expect(listed.err.split('\n').slice(1, -1).toSorted()).toEqual([lineOf(a, 'a@host'), lineOf(b, 'b@host')].toSorted())
  for (const name of [String(b.pid), 'b@host']) {
    const { code, out } = await commands.run('status', '--broker', name, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ pid: b.pid, node: 'b@host', files: [b.file] })
  }
  const unknown = await commands.run('reload', '--broker', 'c@host')
  expect(unknown).toMatchObject({ code: 2, out: '', err: expect.stringContaining('no hookline that runs here has the pid or node name c@host') })
  expect(unknown.err).toContain(lineOf(a, 'a@host'))
})

test('brokers of one node name are told apart by their pid', async () => {
  const commands = new Commands()
  const [a] = [await commands.start(rulesOn('same@host')), await commands.start(rulesOn('same@host'))]
  expect(await commands.run('redis', '--broker', 'same@host', 'ping')).toMatchObject({ code: 2 })
  expect(await commands.run('redis', '--broker', String(a.pid), 'ping')).toMatchObject({ code: 0 })
})

test('the socket of a killed broker is removed by the next command, which finds the other', async () => {
  const commands = new Commands()
  const killed = await commands.start(rulesOn('a@host'))
  const other = await commands.start(rulesOn('b@host'))
  killed.signal('SIGKILL')
  await killed.exit
  expect(sockets(commands)).toHaveLength(2)
  const { code, out } = await commands.run('status', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ pid: other.pid })
  expect(sockets(commands)).toEqual([expect.stringContaining(`broker-${other.pid}-`)])
})

test('a broker that stands still does not hold a command for ever, nor hide the others', async () => {
  const commands = new Commands()
  const frozen = await commands.start(rulesOn('a@host'))
  frozen.signal('SIGSTOP')
  onTestFinished(() => { frozen.signal('SIGCONT') })
  expect(await commands.run('reload')).toMatchObject({
    code: 2, out: '',
    err: `hookline: the hookline with pid ${frozen.pid} cannot be asked: it does not answer within 5 s; it is stopped, or has too much to do\n`,
  })
  const other = await commands.start(rulesOn('b@host'))
  const listed = await commands.run('status')
  expect(listed).toMatchObject({ code: 2, err: expect.stringContaining(lineOf(other, 'b@host')) })
  expect(listed.err).toContain(`  ${String(frozen.pid).padEnd(7)}  it does not answer within 5 s`)
  expect(await commands.run('redis', '--broker', String(other.pid), 'ping')).toMatchObject({ code: 0 })
})

test('a broker that dies while it is asked is said, exit 2', async () => {
  const commands = new Commands()
  const busy = await startRedis('--busy-reply-threshold', '10')
  onTestFinished(() => busy.stop())
  const broker = await commands.start(rulesOn('a@host', busy))
  const asked = commands.run('redis', 'eval', 'while true do end', '0')
  await eventually('Redis runs the script', () => busy.client.ping().then(() => false, (error: Error) => error.message.startsWith('BUSY')))
  broker.signal('SIGKILL')
  expect(await asked).toMatchObject({ code: 2, err: `hookline: the broker with pid ${broker.pid} was asked in vain: it ended before it answered\n` })
})

test('adopt takes the files of the running broker', async () => {
  const commands = new Commands()
  expect(await commands.run('adopt', 'pool1')).toMatchObject({ code: 2, err: expect.stringContaining('name the rules files with -f') })
  await commands.start(rulesOn('a@host'))
  expect(await commands.run('adopt', 'pool1', '--dry-run')).toMatchObject({ code: 0, out: expect.stringContaining('looked at') })
  expect(await commands.run('adopt', 'pool2')).toMatchObject({ code: 2, err: 'hookline: the rules have no pool pool2; they have pool1\n' })
})

function rulesOn(node: string, { port } = redis): string {
  return `node.name = ${node}\nbackend.redis.pool1.server = 127.0.0.1:${port}\n${rule('message.publish.1', 'on_message_publish', '#')}\n`
}

function lineOf(broker: RunningBroker, node: string): string {
  return `  ${String(broker.pid).padEnd(7)}  ${node}  mqtt://127.0.0.1:${broker.port}  ${shortPath(broker.file)}`
}

function sockets(commands: Commands): readonly string[] {
  return readdirSync(join(commands.runtime, 'hookline'))
}
