import { expect, test } from 'vitest'
import type { FunctionName } from '../../../src/actions/action.ts'
import { actionOf } from '../../../src/actions/index.ts'
import { compile } from '../../../src/compile.ts'
import { needsOf, type Needs } from '../../../src/store/permissions/needs.ts'
import { SCRIPTS, type ScriptName } from '../../../src/store/scripts.ts'
import { rule } from '../../support/rules.ts'

/** The scripts in which each function comes to Redis; `adopt` belongs to none. */
const SCRIPTS_OF: Readonly<Record<FunctionName, readonly ScriptName[]>> = {
  on_client_connected: ['presence'],
  on_client_disconnected: ['presence'],
  on_subscribe_lookup: [],
  on_message_publish: ['store'],
  on_message_retain: ['keep'],
  on_retain_delete: ['keep'],
  on_message_store_keep_latest: ['keep'],
  on_message_fetch_for_queue: ['page', 'records', 'changed-topics'],
  on_message_fetch_for_pubsub: ['page', 'records', 'changed-topics'],
  on_message_fetch_for_keep_latest: ['latest'],
  on_retain_lookup: ['retained'],
  on_message_acked_for_queue: ['ack-queue'],
  on_message_acked_for_pubsub: ['ack-pubsub'],
  on_message_acked_for_keep_latest: ['ack-latest'],
}

/** Refused without consequence: they are among the channels. */
const OF_CHANNELS = new Set(['PUBLISH', 'PUBSUB'])

function needs(...lines: readonly string[]): Needs {
  const text = ['backend.redis.pool1.server = 127.0.0.1', 'node.name = n@h', ...lines].join('\n')
  const { program, diagnostics } = compile([{ name: 'a.conf', text }])
  const spec = program?.pools.get('pool1')
  if (program === undefined || spec === undefined) throw new Error(JSON.stringify(diagnostics))
  return needsOf(program, spec)
}

function ruleOf(name: FunctionName, number = 1): string {
  return rule(`${actionOf(name).hooks[0] ?? ''}.${number}`, name, name.includes('client') || name === 'on_subscribe_lookup' ? undefined : 'a/+/#')
}

test.each(Object.entries(SCRIPTS_OF) as [FunctionName, readonly ScriptName[]][])('what the scripts of %s run is asked for', (name, scripts) => {
  // its script looks into the log only for who fetches from it
  const beside = name === 'on_retain_lookup' ? [ruleOf('on_message_fetch_for_pubsub', 2)] : []
  const asked = new Set(needs(ruleOf(name), ...beside).commands.map(([command]) => command))
  const run = scripts.flatMap((script) => [...SCRIPTS[script].text.matchAll(/redis\.p?call\('([A-Z]+)'/g)].map(([, command = '']) => command))
  expect([...new Set(run)].filter((command) => !asked.has(command) && !OF_CHANNELS.has(command))).toEqual([])
})

test('the topics that are tried are among those of the rule', () => {
  const { commands } = needs(ruleOf('on_message_publish'))
  expect(commands).toContainEqual(['ZADD', 'mqtt:msg:a/x/x', '1', 'x'])
})

test('commands are tried with as many arguments as they have', () => {
  const { commands } = needs(rule('message.publish.1', ['HSET of:${clientid} ${message}', 'SET now:${node} ${ts}'], 't'))
  expect(commands).toContainEqual(['HSET', 'of:x', 'id', 'x', 'from', 'x', 'qos', 'x', 'topic', 'x', 'payload', 'x', 'ts', 'x', 'retain', 'x'])
  expect(commands).toContainEqual(['SET', 'now:n@h', 'x'])
})

test('whether messages expire is known from the rules that store them', () => {
  expect(needs(ruleOf('on_message_publish')).storesExpiring).toBe(true)
  expect(needs(rule('message.publish.1', 'on_message_publish', 'a').replace('"expired_time":3600', '"expired_time":0')).storesExpiring).toBe(false)
  expect(needs(ruleOf('on_client_connected')).storesExpiring).toBe(false)
})
