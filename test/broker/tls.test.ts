import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Certificate } from '../../src/broker/certificate.ts'
import type { OpenListener } from '../../src/broker/listeners.ts'
import { certificateText } from '../certificates/files.ts'
import { WebSocketWire } from '../support/web-socket-wire.ts'
import { ConformanceRig, connectPacket, eventually, RawClient } from './conformance-rig.ts'

/** Listeners with TLS: whom they let in, what they show. */

const SERVER: Certificate = { cert: certificateText('server.pem'), key: certificateText('server-key.pem'), ca: undefined }
const RENEWED: Certificate = { cert: certificateText('renewed.pem'), key: certificateText('renewed-key.pem'), ca: undefined }
const WITH_CLIENTS: Certificate = { ...SERVER, ca: certificateText('ca.pem') }
const CLIENT = { cert: certificateText('client.pem'), key: certificateText('client-key.pem') }
const STRANGER = { cert: certificateText('stranger.pem'), key: certificateText('stranger-key.pem') }

let rig: ConformanceRig

beforeEach(async () => { rig = await ConformanceRig.start({ idleTimeoutMs: 1500 }) })
afterEach(() => rig.close())

function listen(certificate: Certificate, path?: string): Promise<OpenListener> {
  return rig.broker.listen({ address: { host: '127.0.0.1', port: 0 }, certificate, path })
}

/** A TLS connection, whether its handshake succeeds or not. */
function dial(listener: OpenListener, options: ConnectionOptions = {}): TLSSocket {
  const socket = connectTls({ host: '127.0.0.1', port: listener.address.port, ca: certificateText('ca.pem'), ...options })
  socket.on('error', () => {})
  onTestFinished(() => { socket.destroy() })
  return socket
}

async function connected(listener: OpenListener, clientId: string, options: ConnectionOptions = {}): Promise<{ client: RawClient, socket: TLSSocket }> {
  const socket = dial(listener, options)
  const client = new RawClient(socket)
  client.send(connectPacket(clientId))
  await eventually(() => client.heard).toEqual(['connack 0'])
  return { client, socket }
}

/** However it ends. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => { socket.once('close', () => { resolve() }) })
}

function nameShownTo(socket: TLSSocket): string {
  const { CN } = socket.getPeerCertificate().subject
  return String(CN)
}

test('a client that trusts the authority is let in, encrypted', async () => {
  const { socket } = await connected(await listen(SERVER), 'c')
  expect([socket.authorized, nameShownTo(socket), socket.getProtocol()]).toEqual([true, 'hookline test server', 'TLSv1.3'])
})

test('TLS 1.2 is spoken, TLS 1.1 is not', async () => {
  const listener = await listen(SERVER)
  await connected(listener, 'c', { maxVersion: 'TLSv1.2' })
  const old = dial(listener, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })
  await closeOf(old)
  expect(rig.broker.connections).toBe(1)
})

test('who speaks MQTT without TLS is closed, and the log says why', async () => {
  const { address: { port } } = await listen(SERVER)
  const client = new RawClient(connectTcp(port, '127.0.0.1'))
  client.send(connectPacket('c'))
  await eventually(() => client.heard.at(-1)).toBe('closed')
  await eventually(() => rig.broker.counters.handshakesFailed).toBe(1)
  expect(rig.logged).toEqual([expect.stringMatching(/^a connection ended before MQTT: its TLS handshake failed .*wrong version number|http request/)])
})

test('a client that does not trust us is said in the log', async () => {
  const socket = dial(await listen(SERVER), { ca: certificateText('stranger-ca.pem') })
  await closeOf(socket)
  await eventually(() => rig.broker.counters.handshakesFailed).toBe(1)
})

test('a connection that comes and goes is counted, and no line in the log', async () => {
  const { address: { port } } = await listen(SERVER)
  const socket = connectTcp(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
  await eventually(() => rig.broker.counters.handshakesFailed).toBe(1)
  expect(rig.logged).toEqual([])
})

test.each(['ssl', 'wss'])('a connection that says nothing is closed after mqtt.idle_timeout (%s)', async (kind) => {
  const { address: { port } } = await listen(SERVER, kind === 'wss' ? '/mqtt' : undefined)
  const socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => {}).resume()
  await once(socket, 'close')
})

test('a broker that stops ends connections in the middle of their handshake', async () => {
  const { address: { port } } = await listen(SERVER)
  const socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => {}).resume()
  await once(socket, 'connect')
  await new Promise((resolve) => { setTimeout(resolve, 50) })
  const began = Date.now()
  const closed = once(socket, 'close')
  await rig.broker.close()
  await closed
  expect(Date.now() - began).toBeLessThan(1000)
})

describe('with a cafile', () => {
  test('a client whose certificate it vouches for is let in', async () => {
    await connected(await listen(WITH_CLIENTS), 'c', CLIENT)
  })

  test.each([
    ['without a certificate', {}, 'peer did not return a certificate'],
    ['with a certificate of somebody else', STRANGER, 'UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('a client %s is closed, and the log says why', async (_, options, reason) => {
    const listener = await listen(WITH_CLIENTS)
    const client = new RawClient(dial(listener, options))
    client.send(connectPacket('c'))
    await eventually(() => client.heard.at(-1)).toBe('closed')
    expect(client.heard).toEqual(['closed'])
    await eventually(() => rig.broker.counters.handshakesFailed).toBe(1)
    expect(rig.logged.join('\n')).toMatch(new RegExp(reason))
    expect(rig.broker.connections).toBe(0)
  })

  test('it holds for WebSockets too', async () => {
    const { address: { port } } = await listen(WITH_CLIENTS, '/mqtt')
    const url = `wss://127.0.0.1:${port}/mqtt`
    await expect(WebSocketWire.open(url, { ca: certificateText('ca.pem') })).rejects.toThrow(/alert|reset|hang up/)
    const wire = await WebSocketWire.open(url, { ca: certificateText('ca.pem'), ...CLIENT })
    await wire.connected('c')
    wire.cut()
  })
})

describe('a renewed certificate', () => {
  test('is shown to who comes then, and nobody is closed', async () => {
    const listener = await listen(SERVER)
    const before = await connected(listener, 'before')
    listener.renew(RENEWED)
    const after = await connected(listener, 'after')
    expect(nameShownTo(after.socket)).toBe('hookline test renewed')
    await before.client.ping()
    await after.client.ping()
    expect(before.client.heard).toEqual(['connack 0'])
  })

  test('asks clients for certificates as before', async () => {
    const listener = await listen(WITH_CLIENTS)
    listener.renew({ ...RENEWED, ca: certificateText('stranger-ca.pem') })
    await connected(listener, 'c', STRANGER)
    const former = new RawClient(dial(listener, CLIENT))
    former.send(connectPacket('former'))
    await eventually(() => former.heard.at(-1)).toBe('closed')
    expect(former.heard).toEqual(['closed'])
  })
})
