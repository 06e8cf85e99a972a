import { expect, it } from 'vitest'
import { createIndexes } from '../../../src/store/cluster/indexes.ts'
import type { Key, Nodes } from '../../../src/store/cluster/nodes.ts'
import { runCommands } from '../../../src/store/cluster/run-commands.ts'
import { CLUSTER_SCRIPTS } from '../../../src/store/cluster/scripts.ts'
import { storeMessages } from '../../../src/store/cluster/store-messages.ts'
import type { Answer, Call } from '../../../src/store/connection.ts'
import { message } from '../pool-kit.ts'

const DONE: Answer = { ok: true, reply: 1 }
const REFUSED: Answer = { ok: false, failure: { kind: 'refused', message: 'OOM' } }

/** A cluster that says what it is sent, and answers as it is told. */
function nodesThat(answer: (call: Call, key: Key | undefined) => Answer): { nodes: Nodes, sent: Call[] } {
  const sent: Call[] = []
  const send: Nodes['send'] = async (key, call) => {
    sent.push(call)
    await new Promise((resolve) => { setImmediate(resolve) })
    return answer(call, key)
  }
  return {
    sent,
    nodes: {
      send, life: {}, retry() {},
      sendInOrder: (key, calls) => Promise.all(calls.map((call) => send(key, call))),
      sendToAll: () => Promise.resolve([]), wait: () => Promise.resolve(DONE), end: () => Promise.resolve(),
    },
  }
}

function commandsOf(order: object, ...events: readonly (readonly string[])[]): Parameters<typeof runCommands>[1] {
  return events.flatMap((texts, i) => {
    const event = { i }
    return texts.map((text) => {
      const [name = '', ...args] = text.split(' ')
      return { call: { name, args, binary: true }, event, order }
    })
  })
}

const textOf = ({ name, args }: Call): string => [name, ...args].join(' ')

it('commands of one event go one after the other, and nothing of a later one overtakes them on a key', async () => {
  const { nodes, sent } = nodesThat(() => DONE)
  const running = runCommands(nodes, commandsOf({}, ['SET x 1', 'SET y 1', 'PUBLISH c 1'], ['SET y 2', 'SET z 2'], ['SET z 3', 'PUBLISH c 3', 'SET x 3']), new Set())
  // what waits for nothing leaves at once
  expect(sent.map(textOf)).toEqual(['SET x 1'])
  await running
  const place = (text: string): number => sent.findIndex((call) => textOf(call) === text)
  for (const order of [
    ['SET x 1', 'SET y 1', 'PUBLISH c 1', 'PUBLISH c 3', 'SET x 3'], ['SET y 1', 'SET y 2', 'SET z 2', 'SET z 3'],
  ]) expect(order.map(place)).toEqual(order.map(place).toSorted((a, b) => a - b))
  expect(sent).toHaveLength(8)
})

it('commands of two connections, and on one key, do not wait for each other', async () => {
  const { nodes, sent } = nodesThat(() => DONE)
  const running = runCommands(nodes, [...commandsOf({}, ['INCR x', 'INCR x'], ['INCR x']), ...commandsOf({}, ['INCR y'])], new Set())
  expect(sent).toHaveLength(4)
  await running
})

it('a command that must be tried again holds up what comes after it from its connection, and nothing else', async () => {
  const [one, other, held] = [{}, {}, {}]
  const { nodes, sent } = nodesThat(({ args }) => args[0] === 'x' ? REFUSED : DONE)
  const answers = await runCommands(nodes, [
    ...commandsOf(one, ['SET x 1', 'SET y 1'], ['SET y 2']), ...commandsOf(other, ['SET z 1']), ...commandsOf(held, ['SET w 1']),
  ], new Set([held]))
  expect(answers.map(({ ok }) => ok)).toEqual([false, false, false, true, false])
  expect(sent.map(textOf)).toEqual(['SET x 1', 'SET z 1'])
})

it('behind a message that must be stored again all others of its topic wait, and no others', async () => {
  const records = [message('a'), message('a'), message('a'), message('b')] as const
  const { nodes, sent } = nodesThat(({ args }) => args.includes(records[1].id) ? REFUSED : { ok: true, reply: ['5 0'] })
  const entries = records.map((record) => ({ effect: { kind: 'store' as const, record, expirySeconds: undefined }, expirySeconds: undefined }))
  const results = await storeMessages({ nodes, indexes: createIndexes(nodes), entries })
  expect(results.map(({ ok }) => ok)).toEqual([true, false, false, true])
  const logged = sent.filter(({ args }) => args[0] === CLUSTER_SCRIPTS.storeLog.sha).map(({ args }) => args.at(-1))
  expect(new Set(logged)).toEqual(new Set([records[0].id, records[3].id]))
})
