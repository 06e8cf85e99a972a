import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { generate } from 'mqtt-packet'
import { ConformanceRig, connectPacket, eventually } from './conformance-rig.ts'

/** `max_connections` and `max_conn_rate` of a listener. */

let rig: ConformanceRig

beforeEach(async () => { rig = await ConformanceRig.start() })
afterEach(() => rig.close())

async function listen(limits: { readonly maxConnections?: number, readonly maxConnRate?: number }): Promise<number> {
  return (await rig.broker.listen({ address: { host: '127.0.0.1', port: 0 }, ...limits })).address.port
}

async function dial(port: number): Promise<{ readonly socket: Socket, readonly isClosed: () => boolean }> {
  const socket = connect(port, '127.0.0.1')
  let closed = false
  socket.on('error', () => {})
  socket.once('close', () => { closed = true })
  socket.resume()
  onTestFinished(() => { socket.destroy() })
  await once(socket, 'connect')
  return { socket, isClosed: () => closed }
}

/** Who is taken gets an answer to CONNECT, who is not is closed. */
async function isTaken(port: number): Promise<boolean> {
  const { socket } = await dial(port)
  socket.write(generate(connectPacket('a client')))
  return await Promise.race([once(socket, 'data').then(() => true), once(socket, 'close').then(() => false)])
}

test('a connection beyond max_connections is closed, counted and logged, and there is room again when one ends', async () => {
  const port = await listen({ maxConnections: 2 })
  const first = await dial(port)
  const second = await dial(port)
  const third = await dial(port)
  await eventually(() => third.isClosed()).toBe(true)
  expect([first.isClosed(), second.isClosed()]).toEqual([false, false])
  expect(rig.broker.counters.connectionsTurnedAway).toBe(1)
  expect(rig.logged.filter((line) => line.includes('max_connections'))).toHaveLength(1)
  first.socket.destroy()
  await eventually(() => isTaken(port)).toBe(true)
})

test('connections beyond max_conn_rate in one second are closed, those of the next are taken', async () => {
  const port = await listen({ maxConnRate: 3 })
  const dialled = await Promise.all(Array.from({ length: 10 }, () => dial(port)))
  await eventually(() => dialled.filter(({ isClosed }) => isClosed()).length).toBe(7)
  expect(rig.broker.counters.connectionsTurnedAway).toBe(7)
  await eventually(() => isTaken(port)).toBe(true)
})
