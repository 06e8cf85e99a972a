import { expect, test } from 'vitest'
import { type Source, Turns } from '../../src/broker/turns.ts'
import { eventually } from './conformance-rig.ts'

/** Bytes that take long: each slice of them. */
const DEAR = Buffer.alloc(8_192 * 40, 'd')

/** A connection that is worked on for `ms` a slice, and what was done with it. */
function source(name: string, turns: Turns, done: string[], ms: number) {
  const heard: string[] = []
  let closed = false
  const connection: Source & { end(): void } = {
    get closed() { return closed },
    pause: () => { heard.push('pause') },
    resume: () => { heard.push('resume') },
    end: () => { closed = true },
  }
  const turn = turns.of(connection, (bytes) => {
    const end = performance.now() + ms
    while (performance.now() < end);
    done.push(`${name} ${bytes.length}`)
  })
  return { connection, heard, turn }
}

test('who sends much that is dear lets others have their turns, and is not read from meanwhile', async () => {
  const turns = new Turns()
  const done: string[] = []
  const dear = source('dear', turns, done, 1)
  const cheap = source('cheap', turns, done, 0)
  dear.turn.take(DEAR)
  expect(done.length).toBeLessThan(10)
  expect(dear.heard).toEqual(['pause'])
  cheap.turn.take(Buffer.from('x'))
  expect(done.at(-1)).toBe('cheap 1')
  await eventually(() => dear.heard).toEqual(['pause', 'resume'])
  expect(done.filter((line) => line === 'dear 8192')).toHaveLength(40)
})

test('between two looks at sockets and Redis all that wait have one turn, of which each has a part', async () => {
  const turns = new Turns()
  const done: string[] = []
  const sources = Array.from({ length: 20 }, (_, i) => source(String(i), turns, done, 2))
  // the first of each is done at once
  for (const { turn } of sources) turn.take(DEAR)
  const before = done.length
  await new Promise((resolve) => { setImmediate(resolve) })
  // a slice of 2 ms each, until 5 ms are over
  expect(done.length - before).toBeLessThanOrEqual(3)
  await eventually(() => new Set(done.slice(before)).size).toBe(20)
})

test('bytes keep their order, those too that come while others wait', async () => {
  const turns = new Turns()
  let heard = ''
  const turn = turns.of({ closed: false, pause: () => {}, resume: () => {} }, (bytes) => {
    const end = performance.now() + 1
    while (performance.now() < end);
    heard += bytes.toString()
  })
  const sent = Array.from({ length: 50_000 }, (_, i) => `${i} `).join('')
  turn.take(Buffer.from(sent.slice(0, 100_000)))
  turn.take(Buffer.from(sent.slice(100_000)))
  await eventually(() => heard.length).toBe(sent.length)
  expect(heard).toBe(sent)
})

test('who is paused by somebody else too is not resumed, and who is closed is not worked on', async () => {
  const turns = new Turns()
  const done: string[] = []
  const paused = source('paused', turns, done, 1)
  paused.turn.take(DEAR)
  paused.connection.pause()
  await eventually(() => done.length).toBe(40)
  expect(paused.heard).toEqual(['pause', 'pause'])
  paused.connection.resume()
  expect(paused.heard).toEqual(['pause', 'pause', 'resume'])
  // aedes resumes what it has paused, behind its CONNACK: that is not for the others
  paused.connection.pause()
  paused.turn.pause()
  paused.connection.resume()
  expect(paused.heard.at(-1)).toBe('pause')
  paused.turn.resume()
  expect(paused.heard.at(-1)).toBe('resume')
  const closed = source('closed', turns, done, 1)
  closed.turn.take(DEAR)
  closed.connection.end()
  const before = done.length
  await new Promise((resolve) => { setTimeout(resolve, 30) })
  expect(done.length).toBe(before)
})
