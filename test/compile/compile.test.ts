import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile.ts'
import type { Program } from '../../src/plan/program.ts'

const POOL = 'backend.redis.pool1.server = 127.0.0.1\n'

function program(text: string): Program {
  const { program: compiled, diagnostics } = compile([{ name: 'a.conf', text }])
  if (compiled === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return compiled
}

function publish(number: string, members = ''): string {
  return `backend.redis.hook.message.publish.${number} = {"topic": "a", "action": {"function": "on_message_publish"}, "pool": "pool1"${members}}\n`
}

it('rules run by number, then by name', () => {
  const { steps } = program(POOL + ['late', '10', '2', '007', 'early', '99999999999999999999'].map(number => publish(number)).join(''))
  expect(steps['message.publish'].map(({ number }) => number)).toEqual(['2', '007', '10', '99999999999999999999', 'early', 'late'])
})

it('of rules with one number the last counts, aliases included', () => {
  const rule = (hook: string, topic: string) =>
    `backend.redis.hook.${hook}.1 = {"topic": "${topic}", "action": {"commands": ["INCR ${topic}"]}, "pool": "pool1"}\n`
  const { steps } = program(POOL + rule('message.deliver', 'a') + rule('message.delivered', 'b'))
  expect(steps['message.delivered']).toMatchObject([{ filter: 'b', at: { file: 'a.conf', line: 3 } }])
})

it('of settings with one key the last counts, at the place of the first', () => {
  const { pools } = program('backend.redis.b.server = x\nbackend.redis.a.server = y\nbackend.redis.b.server = z:7\n')
  expect([...pools.values()]).toMatchObject([
    { name: 'b', server: [{ host: 'z', port: 7 }], at: { line: 3 } },
    { name: 'a', server: [{ host: 'y', port: 6379 }], at: { line: 2 } },
  ])
})

describe('what is stored is kept', () => {
  it.each([
    ['', '', undefined],
    ['', ', "expired_time": 60', 60],
    ['backend.redis.msg.expired_after = 3600\n', '', 3600],
    ['backend.redis.msg.expired_after = 3600\n', ', "expired_time": 60', 60],
    ['backend.redis.msg.expired_after = 3600\n', ', "expired_time": 0', 3600],
    ['backend.redis.msg.expired_after = 0\n', ', "expired_time": -5', undefined],
  ])('with "%s" and "%s" for %s seconds', (setting, members, seconds) => {
    expect(program(POOL + setting + publish('1', members)).steps['message.publish'][0]?.expirySeconds).toBe(seconds)
  })
})

it('a file of nothing is a program with defaults', () => {
  expect(program('').settings).toEqual({
    nodeName: 'hookline@127.0.0.1', dataDir: undefined, maxInflight: 32, maxMqueueLen: 1_000,
    maxPacketSize: 1_048_576, maxClientidLen: 65_535, maxTopicLevels: 128, maxSubscriptions: 1_000, sessionExpiryMs: 7_200_000, maxSessions: 100_000, idleTimeoutMs: 15_000, eventsKeep: 5_000, eventsKeepPayload: false,
    listeners: [
      { kind: 'tcp', name: 'external', address: { host: '127.0.0.1', port: 1883 }, path: undefined, tls: undefined, maxConnections: 100_000, maxConnRate: 1_000, at: undefined },
      { kind: 'ws', name: 'external', address: { host: '127.0.0.1', port: 8083 }, path: '/mqtt', tls: undefined, maxConnections: 100_000, maxConnRate: 1_000, at: undefined },
    ],
  })
})

it('the limits of MQTT packets are taken as they are written', () => {
  const lines = ['max_packet_size = 2MB', 'max_clientid_len = 23', 'max_topic_levels = 7', 'idle_timeout = 1m30s']
  expect(program(lines.map(line => `mqtt.${line}\n`).join('')).settings).toMatchObject({
    maxPacketSize: 2_097_152, maxClientidLen: 23, maxTopicLevels: 7, idleTimeoutMs: 90_000,
  })
})

it.each([['0', 1024], ['1', 1], ['1024', 1024], ['65535', 1024]])('mqtt.max_topic_levels = %s, where EMQ X means no limit by 0, is %i', (written, levels) => {
  expect(program(`mqtt.max_topic_levels = ${written}`).settings.maxTopicLevels).toBe(levels)
})

it.each([
  ['0.0.0.0:1884', { host: '0.0.0.0', port: 1884 }], ['0', { host: '127.0.0.1', port: 0 }], ['[::1]:1883', { host: '::1', port: 1883 }], ['off', undefined],
])('listener.tcp.external = %s replaces the default', (value, address) => {
  expect(program(`listener.tcp.external = ${value}`).settings.listeners).toMatchObject([
    { kind: 'tcp', name: 'external', address, at: { file: 'a.conf', line: 1 } }, { kind: 'ws', name: 'external', at: undefined },
  ])
})

it('listeners come by their kind, each with what is said below it', () => {
  const lines = ['wss.b = 0.0.0.0:8084', 'wss.b.certfile = c.pem', 'wss.b.keyfile = k.pem', 'wss.b.path = /live', 'ssl.a = 8883',
    'ssl.a.keyfile = k.pem', 'ssl.a.certfile = c.pem', 'ssl.a.cafile = ca.pem', 'ssl.resting = off', 'ws.external.path = /', 'ws.two = 0', 'tcp.external = off',
    'wss.b.max_connections = 5', 'wss.b.max_conn_rate = 7', 'wss.b.check_origin_enable = true', 'wss.b.check_origins = https://a.org, http://B.org:8080',
    'ws.two.check_origins = https://a.org']
  const file = (path: string, line: number) => ({ path, at: { file: 'a.conf', line } })
  expect(program(lines.map(line => `listener.${line}\n`).join('')).settings.listeners).toEqual([
    { kind: 'tcp', name: 'external', address: undefined, path: undefined, tls: undefined, maxConnections: 100_000, maxConnRate: 1_000, at: { file: 'a.conf', line: 12 } },
    {
      kind: 'ssl', name: 'a', maxConnections: 100_000, maxConnRate: 1_000, address: { host: '127.0.0.1', port: 8883 }, path: undefined, at: { file: 'a.conf', line: 5 },
      tls: { certfile: file('c.pem', 7), keyfile: file('k.pem', 6), cafile: file('ca.pem', 8) },
    },
    { kind: 'ssl', name: 'resting', address: undefined, path: undefined, tls: undefined, maxConnections: 100_000, maxConnRate: 1_000, at: { file: 'a.conf', line: 9 } },
    { kind: 'ws', name: 'external', address: { host: '127.0.0.1', port: 8083 }, path: '/', tls: undefined, maxConnections: 100_000, maxConnRate: 1_000, at: undefined },
    { kind: 'ws', name: 'two', address: { host: '127.0.0.1', port: 0 }, path: '/mqtt', tls: undefined, maxConnections: 100_000, maxConnRate: 1_000, at: { file: 'a.conf', line: 11 } },
    {
      kind: 'wss', name: 'b', maxConnections: 5, maxConnRate: 7, origins: ['https://a.org', 'http://b.org:8080'], address: { host: '0.0.0.0', port: 8084 }, path: '/live', at: { file: 'a.conf', line: 1 },
      tls: { certfile: file('c.pem', 2), keyfile: file('k.pem', 3), cafile: undefined },
    },
  ])
})

it.each(['mqtt', '/a b', '/a?b', ''])('"%s" is no path of a URL', (path) => {
  expect(compile([{ name: 'a.conf', text: `listener.ws.external.path = ${path}\n` }]).program).toBeUndefined()
})

it('a pool takes all its options', () => {
  const lines = ['server = embedded', 'pool_size = 2', 'database = 3', 'username = u', 'password = p w', 'channel = c']
  const { pools } = program(lines.map(line => `backend.redis.x.${line}\n`).join(''))
  expect(pools.get('x')).toEqual({
    name: 'x', type: 'single', server: 'embedded', sentinel: undefined, poolSize: 2, database: 3, username: 'u', password: 'p w', channel: 'c',
    onFailure: 'hold', tls: undefined, waitReplicas: 0,
    at: { file: 'a.conf', line: 1 },
  })
})

it('a sentinel alone makes a sentinel pool, with the ports of sentinels', () => {
  const { pools } = program('backend.redis.x.server = a, b:7\nbackend.redis.x.sentinel = m\n')
  expect(pools.get('x')).toMatchObject({ type: 'sentinel', sentinel: 'm', server: [{ host: 'a', port: 26_379 }, { host: 'b', port: 7 }] })
})

describe('the hash', () => {
  const second = 'backend.redis.pool2.server = other\n'
  const text = `${POOL}backend.redis.pool1.password = a\n${second}${publish('1')}`

  it('is that of a file with other comments, blanks, order of pools and ends of lines', () => {
    const other = `# hello\r\n${second}${publish('1').replaceAll(' ', '  ').trimEnd()}\r\nbackend.redis.pool1.password=a\r\n${POOL}`
    expect(program(other).hash).toBe(program(text).hash)
  })

  it.each([
    ['a secret', text.replace('= a\n', '= b\n')], ['a filter', text.replace('"a"', '"b"')], ['a number', text.replace('publish.1', 'publish.2')],
    ['a listener', `${text}listener.tcp.external = off`], ['a path', `${text}listener.ws.external.path = /`],
  ])('changes with %s', (_, changed) => {
    expect(program(changed).hash).not.toBe(program(text).hash)
  })
})

it('an object nested without end is a finding, not an overflow', () => {
  const depth = 100_000
  const text = `backend.redis.hook.message.publish.1 = ${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}\nnode.nam = x`
  const { diagnostics } = compile([{ name: 'a.conf', text }])
  expect(diagnostics.map(({ check }) => check)).toEqual(['syntax', 'unknown-setting'])
})

it('nothing of a program can be changed', () => {
  const frozen = (value: unknown): boolean => typeof value !== 'object' || value === null
    || (Object.isFrozen(value) && (value instanceof Map ? [...value.values()] : Object.values(value)).every(frozen))
  expect(frozen(program(POOL + publish('1')))).toBe(true)
})

it('the default rule set lints clean and has all twelve rules', () => {
  const text = readFileSync(new URL('../../rules/hookline.conf', import.meta.url), 'utf8')
  const { program: compiled, diagnostics } = compile([{ name: 'hookline.conf', text }])
  expect(diagnostics).toEqual([])
  expect(Object.values(compiled?.steps ?? {}).flat()).toHaveLength(12)
})
