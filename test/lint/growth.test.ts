import { Session } from 'node:inspector'
import { expect, it } from 'vitest'
import { compile } from '../../src/compile.ts'

/** What is carried out in `src`, in blocks of code: the same on every machine. */
async function work(text: string): Promise<number> {
  const session = new Session()
  session.connect()
  const post = (method: string, params?: object): Promise<unknown> => new Promise((resolve, reject) => {
    session.post(method, params, (error, result) => { if (error === null) resolve(result); else reject(error) })
  })
  try {
    await post('Profiler.enable')
    await post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    compile([{ name: 'a.conf', text }])
    const { result } = await post('Profiler.takePreciseCoverage') as Coverage // what the protocol says
    const functions = result.filter(({ url }) => url.includes('/src/')).flatMap(script => script.functions)
    return functions.flatMap(({ ranges }) => ranges).reduce((sum, { count }) => sum + count, 0)
  } finally {
    session.disconnect()
  }
}

interface Coverage {
  readonly result: readonly { readonly url: string, readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[] }[]
}

const rule = (hook: string, number: number, action: string, topic: string, pool = 'pool1'): string =>
  `backend.redis.hook.${hook}.${number} = {"topic": "${topic}", "action": ${action}, "pool": "${pool}"}`
const called = (name: string): string => `{"function": "${name}"}`

/** Files of many rules, by what is in each of their lines. */
const SHAPES: Readonly<Record<string, (i: number) => string>> = {
  'stores of topics of their own': i => rule('message.publish', i, called('on_message_publish'), `a/${i}/#`),
  'flows': i => [
    rule('message.publish', i, called('on_message_publish'), `a/${i}/#`),
    rule('session.subscribed', i, called('on_message_fetch_for_queue'), `a/${i}/#`),
    rule('message.acked', i, called('on_message_acked_for_queue'), `a/${i}/+`),
  ][i % 3] ?? '',
  'flows of which parts are missing': i => [
    rule('session.subscribed', i, called('on_message_fetch_for_queue'), `a/${i}/#`),
    rule('message.acked', i, called('on_message_acked_for_pubsub'), `a/${i - 1}/+`),
    rule('message.publish', i, called('on_message_retain'), `b/${i}`),
    rule('client.connected', i, called('on_client_connected'), `c/${i}`, `pool${i}`),
  ][i % 4] ?? '',
  'flows of two pools': i => [
    rule('message.publish', i, called('on_message_publish'), `a/${i}/#`, `pool${i % 2}`),
    rule('session.subscribed', i, called('on_message_fetch_for_queue'), `a/${i - 1}/#`, `pool${i % 4 > 1 ? 1 : 0}`),
  ][i % 2] ?? '',
  'rules that are alike': i => rule('message.publish', i, called('on_message_publish'), 'a/#'),
  'commands': i => rule('message.publish', i, `{"commands": ["HSET last:${i}:\${clientid} topic \${topic}", "SET s:${i} 1 EX 60", "SET s:${i} 2"]}`, `a/${i}`),
  'one key of two texts': i => rule('message.publish', i, '{"commands": ["SET seen:${clientid}:${topic} 1"]}', `a/${i}`),
  'lines that are set again': i => `backend.redis.pool1.server = 10.0.0.${i % 250}`,
  'pools': i => `backend.redis.pool${i}.server = 127.0.0.1`,
  'one number': () => rule('message.publish', 1, called('on_message_publish'), 'a/#'),
  'lines that cannot be read': i => rule('message.publish', i, called('on_message_publish'), `a/${i}`).slice(0, -1),
  'ignores': i => `# hookline-ignore no-expiry -- ${i}\n${rule('message.publish', i, called(i % 2 === 0 ? 'on_message_publish' : 'on_retain_delete'), `a/${i}`)}`,
  'pools that are not there': i => rule('message.publish', i, called('on_message_publish'), `a/${i}`, `none${i}`),
  'rules of before EMQ X 2.0': i => `backend.redis.rule.${i} = {"action": "on_message_publish", "filter": "a/${i}", "pool": "pool1"}`,
}

it.each(Object.entries(SHAPES))('checking %s takes not much more than four times the work for four times the lines', async (_, line) => {
  const file = (lines: number): string => `backend.redis.pool1.server = a\nbackend.redis.pool0.server = b\n${Array.from({ length: lines }, (__, i) => line(i + 1)).join('\n')}\n`
  // What is loaded and looked up only once is out of the way.
  await work(file(20))
  const [few, many] = [await work(file(100)), await work(file(400))]
  expect(few).toBeGreaterThan(3_000)
  // n log n would be 4 × 1.3; n² is 16.
  expect(many / few).toBeLessThan(5.5)
})
