import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { BegunPackets } from '../../src/broker/begun-packets.ts'
import { WebSocketStream } from '../../src/broker/web-socket-stream.ts'
import { eventually } from './conformance-rig.ts'

/** What the broker relies on of a connection, whatever it is made of; a TCP socket has it from Node. */

let server: WebSocketServer
let client: WebSocket
let stream: WebSocketStream
let begun: BegunPackets

beforeEach(async () => {
  begun = new BegunPackets(() => 1_048_576)
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`) // of a TCP server
  client.on('error', () => {})
  const [socket, { socket: network }] = await accepted
  stream = new WebSocketStream(socket, { network, begun })
  stream.on('error', () => {})
  await once(client, 'open')
})

afterEach(() => {
  client.terminate()
  for (const socket of server.clients) socket.terminate()
  server.close()
})

/** More than the kernel keeps for two sockets of the loopback. */
const MUCH = 400
const CHUNK = Buffer.alloc(100_000, 'x')

test('what nobody reads stays with the client', async () => {
  for (let i = 0; i < MUCH; i++) client.send(CHUNK)
  await eventually(() => stream.readableLength).toBeGreaterThan(0)
  const waits = await settled(() => client.bufferedAmount)
  expect(waits).toBeGreaterThan(10_000_000)
  expect(stream.readableLength).toBeLessThan(1_000_000)
  let read = 0
  stream.on('data', (bytes: Buffer) => { read += bytes.length })
  await eventually(() => read).toBe(MUCH * CHUNK.length)
})

test('what has come and is not read counts as kept, and nothing does when all is read', async () => {
  client.send(Buffer.alloc(1_000_000))
  await eventually(() => begun.bytes).toBe(1_000_000)
  client.send(Buffer.alloc(500_000), { fin: false })
  const read = await new Promise<Buffer>((resolve) => {
    stream.once('readable', () => { resolve(stream.read() as Buffer) }) // no encoding is set
  })
  expect(read.length).toBe(1_000_000)
  stream.resume()
  await eventually(() => begun.bytes).toBeGreaterThanOrEqual(500_000)
  expect(begun.bytes).toBeLessThan(500_100)
  client.send(Buffer.alloc(10))
  await eventually(() => begun.bytes).toBe(0)
})

test('what the client does not read counts as not written, and `drain` comes when it has', async () => {
  client.pause()
  let drains = 0
  stream.on('drain', () => { drains++ })
  for (let i = 0; i < MUCH; i++) stream.write(CHUNK)
  expect(stream.writableNeedDrain).toBe(true)
  expect(await settled(() => stream.writableLength)).toBeGreaterThan(10_000_000)
  expect(drains).toBe(0)
  let read = 0
  client.on('message', (bytes: Buffer) => { read += bytes.length })
  client.resume()
  await eventually(() => drains).toBe(1)
  await eventually(() => read).toBe(MUCH * CHUNK.length)
  expect(stream.writableNeedDrain).toBe(false)
})

test('what is written in one turn arrives in order, in frames that are not larger than 64 KB but for a single write', async () => {
  const frames: Buffer[] = []
  client.on('message', (bytes: Buffer) => { frames.push(bytes) })
  const writes = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(i === 1500 ? 200_000 : i % 200, i % 251))
  stream.cork()
  for (const bytes of writes) stream.write(bytes)
  stream.uncork()
  const all = Buffer.concat(writes)
  await eventually(() => frames.reduce((sum, { length }) => sum + length, 0)).toBe(all.length)
  expect(Buffer.concat(frames).equals(all)).toBe(true)
  expect(frames.map(({ length }) => length).filter((length) => length > 65_536)).toEqual([200_000])
  expect(frames.length).toBeLessThan(12)
})

test('destroyed with bytes waiting it is cut at once', async () => {
  client.pause()
  for (let i = 0; i < MUCH; i++) stream.write(CHUNK)
  await settled(() => stream.writableLength)
  const [socket] = server.clients
  const gone = once(socket ?? server, 'close')
  const began = Date.now()
  stream.destroy()
  expect(stream.destroyed).toBe(true)
  await gone
  // a close frame is waited for longer
  expect(Date.now() - began).toBeLessThan(800)
})

test('destroyed while idle it says so to the client', async () => {
  stream.destroy()
  const [code] = await once(client, 'close') as [number]
  expect(code).toBe(1000)
})

test('the end of the client is an end, and then a close', async () => {
  const heard: string[] = []
  stream.on('data', (bytes: Buffer) => { heard.push(bytes.toString()) })
  stream.on('end', () => { heard.push('end') })
  stream.on('close', () => { heard.push('close') })
  client.send('last words', { binary: true })
  client.close()
  await eventually(() => heard).toEqual(['last words', 'end', 'close'])
})

test('a client that is cut closes a stream that nobody reads', async () => {
  client.send(CHUNK)
  await eventually(() => stream.readableLength).toBeGreaterThan(0)
  const closed = once(stream, 'close')
  client.terminate()
  await closed
})

/** The value once it has been the same for a while. */
async function settled(of: () => number): Promise<number> {
  let before = -1
  for (let same = 0; same < 10;) {
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    const now = of()
    same = now === before ? same + 1 : 0
    before = now
  }
  return before
}
