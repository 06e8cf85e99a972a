import { expect, test } from 'vitest'
import type { FunctionName } from '../../../src/actions/action.ts'
import { actionOf } from '../../../src/actions/index.ts'
import { compile } from '../../../src/compile.ts'
import { CLUSTER_SCRIPTS } from '../../../src/store/cluster/scripts.ts'
import { ANY } from '../../../src/store/permissions/function-commands.ts'
import { needsOf, type Needs } from '../../../src/store/permissions/needs.ts'
import { SCRIPTS, type Script, type ScriptName } from '../../../src/store/scripts.ts'
import { rule } from '../../support/rules.ts'

interface Row {
  /** In which it comes to Redis; `adopt` belongs to none. */
  readonly scripts: readonly ScriptName[]
  readonly clusterScripts: readonly (keyof typeof CLUSTER_SCRIPTS)[]
  /** A function that does part of what its scripts hold. */
  readonly beside?: FunctionName
}

const ROWS: Readonly<Record<FunctionName, Row>> = {
  on_client_connected: { scripts: ['presence'], clusterScripts: ['online'], beside: 'on_client_disconnected' },
  on_client_disconnected: { scripts: ['presence'], clusterScripts: ['offline', 'unlist'], beside: 'on_client_connected' },
  on_subscribe_lookup: { scripts: [], clusterScripts: [] },
  on_message_publish: { scripts: ['store'], clusterScripts: ['storeRecord', 'storeLog', 'trim', 'forget'] },
  on_message_retain: { scripts: ['keep'], clusterScripts: ['keep', 'forget'] },
  on_retain_delete: { scripts: ['keep'], clusterScripts: ['keep', 'forget'] },
  on_message_store_keep_latest: { scripts: ['keep'], clusterScripts: ['keep', 'forget'] },
  on_message_fetch_for_queue: { scripts: ['page', 'records', 'changed-topics'], clusterScripts: ['readRecord', 'trim', 'renew'], beside: 'on_message_fetch_for_pubsub' },
  on_message_fetch_for_pubsub: { scripts: ['page', 'records', 'changed-topics'], clusterScripts: ['readRecord', 'trim', 'renew'] },
  on_message_fetch_for_keep_latest: { scripts: ['latest'], clusterScripts: ['readRecord'] },
  // its script looks into the log only for who fetches from it
  on_retain_lookup: { scripts: ['retained'], clusterScripts: ['readRetained', 'readRecord'], beside: 'on_message_fetch_for_pubsub' },
  on_message_acked_for_queue: { scripts: ['ack-queue'], clusterScripts: [] },
  on_message_acked_for_pubsub: { scripts: ['ack-pubsub'], clusterScripts: ['ackPubsub'] },
  on_message_acked_for_keep_latest: { scripts: ['ack-latest'], clusterScripts: ['ackLatest'] },
}
const NAMES = Object.entries(ROWS) as [FunctionName, Row][] // entries forgets the names

function needs(lines: readonly string[], topics?: 'any'): Needs {
  const text = ['backend.redis.pool1.server = 127.0.0.1', 'node.name = n@h', ...lines].join('\n')
  const { program, diagnostics } = compile([{ name: 'a.conf', text }])
  const spec = program?.pools.get('pool1')
  if (program === undefined || spec === undefined) throw new Error(JSON.stringify(diagnostics))
  return needsOf({ program, spec, ...topics === undefined ? {} : { topics } })
}

function ruleOf(name: FunctionName, number = 1): string {
  return rule(`${actionOf(name).hooks[0] ?? ''}.${number}`, name, name.includes('client') || name === 'on_subscribe_lookup' ? undefined : 'a/+/#')
}

/** The commands that the scripts run, and those that are asked for. */
function unasked(scripts: readonly Script[], lines: readonly string[]): readonly string[] {
  const { commands, channels } = needs(lines)
  const asked = new Set([...commands, ...channels].map(({ sample: [command] }) => command))
  const run = scripts.flatMap(({ text }) => [...text.matchAll(/\bp?call\('([A-Z]+)'/g)].map(([, command = '']) => command))
  return [...new Set(run)].filter((command) => !asked.has(command))
}

test.each(NAMES)('what the scripts of %s run is asked for', (name, { scripts, clusterScripts, beside }) => {
  const lines = [ruleOf(name), ...beside === undefined ? [] : [ruleOf(beside, 2)]]
  // the two of them share a script, and only one tells others of what it stores
  const waking = name === 'on_message_retain' || name === 'on_retain_delete' ? [ruleOf('on_message_store_keep_latest', 3)] : []
  expect(unasked(scripts.map((script) => SCRIPTS[script]), [...lines, ...waking])).toEqual([])
  expect(unasked(clusterScripts.map((script) => CLUSTER_SCRIPTS[script]), [...lines, 'backend.redis.pool1.type = cluster'])).toEqual([])
})

test('every script of a cluster belongs to a function', () => {
  const known = new Set(NAMES.flatMap(([, { clusterScripts }]) => clusterScripts))
  expect(Object.keys(CLUSTER_SCRIPTS).filter((name) => !known.has(name as keyof typeof CLUSTER_SCRIPTS))).toEqual([]) // a key of it
})

const samples = ({ commands }: Needs): readonly (readonly string[])[] => commands.map(({ sample }) => sample)

test('the topics that are tried are among those of the rule, unless any are asked for', () => {
  expect(samples(needs([ruleOf('on_message_publish')]))).toContainEqual(['ZADD', `mqtt:msg:a/${ANY}/${ANY}`, '1', ANY])
  expect(samples(needs([ruleOf('on_message_publish')], 'any'))).toContainEqual(['ZADD', `mqtt:msg:${ANY}`, '1', ANY])
  expect(samples(needs([rule('client.connected.1', 'on_client_connected')], 'any'))).toContainEqual(['HSET', `mqtt:node:${ANY}`, ANY, '1'])
})

test('commands are tried with as many arguments as they have', () => {
  const asked = samples(needs([rule('message.publish.1', ['HSET of:${clientid} ${message}', 'SET now:${node} ${ts}'], 't')]))
  expect(asked).toContainEqual(['HSET', `of:${ANY}`, 'id', ANY, 'from', ANY, 'qos', ANY, 'topic', ANY, 'payload', ANY, 'ts', ANY, 'retain', ANY])
  expect(asked).toContainEqual(['SET', 'now:n@h', ANY])
})

test('every need knows the rules and commands that have it, and those of every connection are nobody\'s', () => {
  const { commands } = needs([rule('message.publish.1', ['SET a 1', 'SET b 1'], 't'), rule('message.publish.2', ['SET b 1', 'PING'], 't')])
  const usersOf = (...sample: readonly string[]) => commands.filter((need) => need.sample.join(' ') === sample.join(' ')).map(({ users }) => users)
  expect(usersOf('SET', 'b', '1')).toEqual([[{ hook: 'message.publish', number: '1', command: 1 }, { hook: 'message.publish', number: '2', command: 0 }]])
  expect(usersOf('PING')).toEqual([[]])
})

test('whether messages expire is known from the rules that store them', () => {
  expect(needs([ruleOf('on_message_publish')]).storesExpiring).toBe(true)
  expect(needs([rule('message.publish.1', 'on_message_publish', 'a').replace('"expired_time":3600', '"expired_time":0')]).storesExpiring).toBe(false)
  expect(needs([ruleOf('on_client_connected')]).storesExpiring).toBe(false)
})
