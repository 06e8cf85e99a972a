import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ConformanceRig, eventually } from './conformance-rig.ts'

let rig: ConformanceRig
/** Where the broker has taken a connection. */
const accepted: Socket[] = []
const note = (message: unknown): void => { accepted.push((message as { socket: Socket }).socket) } // as Node documents it

beforeEach(async () => {
  subscribe('net.server.socket', note)
  rig = await ConformanceRig.start()
})
afterEach(async () => {
  unsubscribe('net.server.socket', note)
  accepted.length = 0
  await rig.close()
})

const PINGS = 20_000

// each write that the socket does not take is kept on its own
test('the answers to pings that came together leave together', async () => {
  const client = await rig.connect('c')
  const [socket] = accepted
  if (socket === undefined) throw new Error('the broker has taken no connection')
  const write = vi.spyOn(socket, 'write')
  client.send(Buffer.alloc(PINGS * 2).fill(Buffer.from([0xc0, 0])))
  await eventually(() => client.heard.filter((line) => line === 'pingresp').length).toBe(PINGS)
  expect(write.mock.calls.length).toBeLessThan(200)
})
