// A process of clients that misbehave: `node attacker.mjs URL ATTACK SECONDS [CONNECTIONS]`, URL being
// mqtt://127.0.0.1:PORT or ws://127.0.0.1:PORT/mqtt. Its own process, so that what it costs is not taken
// for a gap of the broker's. Prints one JSON line of what it did and ends. Nothing here may fail
// because the broker throws it out: that is the point.

import { randomBytes, randomInt } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate } from 'mqtt-packet'
import { createWebSocketStream, WebSocket } from 'ws'

const [url, attack, seconds, connections] = [new URL(process.argv[2]), process.argv[3], Number(process.argv[4]), Number(process.argv[5] ?? 0)]
const until = Date.now() + seconds * 1000
const done = { connections: 0, closed: 0, packets: 0 }

/** After the end of an attack. Milliseconds. */
const LATE_MS = 2_000

/** A CONNECT of no particular client. */
const CONNECT = generate({ cmd: 'connect', clientId: 'someone', clean: true, keepalive: 60, protocolId: 'MQTT', protocolVersion: 4 })

const goesOn = () => connections > 0 ? done.connections < connections : Date.now() < until

/** Every attack: what it does until the time is over. */
const ATTACKS = {
  /** What a machine that does much else takes for itself. */
  'nothing': () => sleep(seconds * 1000),


  /** Subscribers that take nothing from their sockets, and those who publish to them. */
  'never-reading': async () => {
    await Promise.all(range(20).map(async (i) => {
      const socket = await client({ clientId: `deaf-${i}` })
      socket.write(subscribe(['deaf/#', 'queue/deaf/#'], i % 3))
      socket.pause()
    }))
    await publishers(4, (i) => publish(`${i % 2 === 0 ? 'deaf' : 'queue/deaf'}/${i}`, 4_000, i % 3))
  },

  'never-acknowledging': async () => {
    await Promise.all(range(20).map(async (i) => {
      const socket = await client({ clientId: `mute-${i}`, clean: i % 2 === 0 })
      socket.write(subscribe(['mute/#', 'queue/mute/#', 'pubsub/mute/#'], 1 + i % 2))
      socket.resume()
    }))
    await publishers(4, (i) => publish(`${['mute', 'queue/mute', 'pubsub/mute'][i % 3]}/${i % 50}`, 4_000, 1))
  },

  'flooding': () => publishers(10, (i) => publish(`flood/${i % 1000}`, 500, i % 3)),

  'big-messages': () => publishers(4, (i) => publish(`big/${i % 10}`, 1_000_000, 1)),

  'retained': () => publishers(4, (i) => publish(`retained/${randomInt(1e9)}`, 10_000, i % 2, { retain: true })),

  /** Connections that say nothing, or stop in the middle of CONNECT. */
  'half-open': async () => {
    await Promise.all(range(300).map(async (i) => {
      while (goesOn()) {
        const socket = await open()
        if (socket === undefined) continue
        if (i % 3 === 1) socket.write(CONNECT.subarray(0, 5))
        if (i % 3 === 2) socket.write(Buffer.from([0x10]))
        socket.resume()
        await gone(socket)
      }
    }))
  },

  /** One client id, many connections: each throws the one before out. */
  'one-id-storm': () => loops(20, async (i) => {
    const socket = await open()
    if (socket === undefined) return
    socket.resume()
    socket.write(generate({ cmd: 'connect', clientId: 'storm', clean: i % 2 === 0, keepalive: 60, protocolId: 'MQTT', protocolVersion: 4 }))
    socket.write(subscribe(['storm/#'], 1))
    await Promise.race([gone(socket), sleep(randomInt(20))])
    socket.destroy()
  }),

  /** A length beyond the limit, and as many bytes of it as are taken. */
  'too-long': () => loops(10, async () => {
    const socket = await client({ clientId: `long-${randomInt(1e9)}` })
    socket.resume()
    socket.write(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f]))
    const chunk = Buffer.alloc(65_536)
    for (let sent = 0; sent < 400 && !socket.destroyed; sent++) if (!socket.write(chunk)) await drainedOrGone(socket)
    socket.destroy()
  }),

  /** A packet within the limit, but for its last byte; and another connection for another. */
  'begun-packets': () => loops(300, async (i) => {
    const socket = await client({ clientId: `slow-${i}` })
    socket.resume()
    await written(socket, publish('slow', 1_000_000, 1).subarray(0, -1))
    await gone(socket)
  }),

  /** Small messages that are kept, each among much that is not. */
  'kept-among-others': () => publishers(4, (i) => i % 60 === 0
    ? publish(`kept/${randomInt(1e9)}`, 10, 0, { retain: true }) : publish('$else', 1_000, 0)),

  /** QoS 0 behind a message that waits for Redis. */
  'behind-another': () => publishers(10, (i) => i % 100 === 0 ? publish('first', 10, 1) : publish('behind', 500_000, 0)),

  /** WebSocket messages of one byte; over TCP writes of one. */
  'tiny-pieces': () => loops(20, async (i) => {
    const socket = await client({ clientId: `tiny-${i}` })
    socket.resume()
    const packet = publish('tiny', 200, 0)
    for (let n = 0; !socket.destroyed && goesOn(); n++) {
      if (!socket.write(packet.subarray(n % packet.length, n % packet.length + 1))) await drainedOrGone(socket)
      else if (n % 500 === 0) await sleep(0)
    }
    socket.destroy()
  }),

  'garbage': () => loops(connections > 0 ? 200 : 20, async () => {
    const socket = await open()
    if (socket === undefined) return
    socket.resume()
    if (randomInt(2) === 0) socket.write(CONNECT)
    socket.write(garbage())
    await Promise.race([gone(socket), sleep(randomInt(50))])
    socket.destroy()
  }),

  'deep-topics': () => publishers(4, (i) => {
    const levels = [128, 129, 1_000, 30_000][i % 4]
    return i % 8 < 4 ? publish('a/'.repeat(levels - 1) + i, 10, 1) : subscribe(['+/'.repeat(levels - 1) + '#'], 1)
  }),

  'many-subscriptions': () => loops(10, async (i) => {
    const socket = await client({ clientId: `greedy-${i}-${randomInt(1e6)}` })
    socket.resume()
    for (let n = 0; n < 20_000 && !socket.destroyed && goesOn(); n += 200) {
      socket.write(subscribe(range(200).map((k) => `${k % 2 === 0 ? 'many/+' : 'queue/many'}/${n + k}/${i}`), n % 3))
      await sleep(5)
    }
    socket.destroy()
  }),

  /** Odd names, a persistent session for each. */
  'odd-ids': () => loops(20, async (i) => {
    const odd = [':', '*', 'a\nb', '$share/x', '../..', '#', '+', '{x}', 'x'.repeat(65_535), ' ', '\u{1f600}', '"', '\\', '%s'][randomInt(14)]
    const socket = await client({ clientId: i % 2 === 0 ? odd : `${odd.slice(0, 60_000)}${randomInt(1e9)}`, clean: false })
    socket.resume()
    socket.write(subscribe([`queue/odd/${i}`, `odd/${randomInt(1e6)}`], 1))
    socket.write(publish(`odd/${i}`, 10, 1))
    await sleep(2)
    socket.destroy()
  }),

  /** Acknowledgements of nothing, QoS 3, packet id 0, wills that are none. */
  'wrong-packets': () => loops(20, async (i) => {
    const bad = [
      Buffer.from([0x36, 5, 0, 1, 0x61, 0, 1]), Buffer.from([0x32, 5, 0, 1, 0x61, 0, 0]), Buffer.from([0x62, 2, 0x12, 0x34]), Buffer.from([0x40, 2, 0x12, 0x34]),
      Buffer.from([0x50, 2, 0x12, 0x34]), Buffer.from([0x70, 2, 0x12, 0x34]), Buffer.from([0x82, 2, 0, 1]), Buffer.from([0xf0, 0]), Buffer.from([0x20, 2, 0, 0]), CONNECT,
    ][randomInt(10)]
    const will = i % 4 === 0 ? { topic: 'a/#', payload: Buffer.from('x'), qos: 1, retain: false } : { topic: 'will/bad', payload: Buffer.alloc(1_000), qos: 2, retain: true }
    const socket = await open()
    if (socket === undefined) return
    socket.resume()
    try {
      socket.write(generate({ cmd: 'connect', clientId: `wrong-${i}-${randomInt(100)}`, clean: true, keepalive: 1, protocolId: 'MQTT', protocolVersion: 4, will }))
    } catch {
      // the packet writer refuses the worst of them itself
      socket.write(CONNECT)
    }
    for (let n = 0; n < 20; n++) socket.write(bad)
    await Promise.race([gone(socket), sleep(20)])
    socket.destroy()
  }),
}

const run = ATTACKS[attack]
if (run === undefined) throw new Error(`no attack ${attack}: ${Object.keys(ATTACKS).join(', ')}`)
// whoever waits to be thrown out is not waited for
await Promise.race([run(), connections > 0 ? new Promise(() => {}) : sleep(seconds * 1000 + LATE_MS)])
process.stdout.write(`${JSON.stringify(done)}\n`)
process.exit(0)

/** So many connections that publish as fast as the broker takes it, and come back when they are thrown out. */
async function publishers(count, packet) {
  await loops(count, async (i) => {
    const socket = await client({ clientId: `pusher-${i}-${randomInt(1e6)}` })
    socket.resume()
    for (let n = i; !socket.destroyed && goesOn(); n += count) {
      done.packets++
      if (socket.write(packet(n))) {
        if (n % 50 === 0) await sleep(0)
      } else await drainedOrGone(socket)
    }
    socket.destroy()
  })
}

async function loops(count, turn) {
  await Promise.all(range(count).map(async (i) => { while (goesOn()) await turn(i) }))
}

/** A socket, or nothing if the broker does not take it. */
async function open() {
  const [socket, ready] = dial()
  socket.setMaxListeners(0)
  socket.on('error', () => {})
  socket.once('close', () => { done.closed++ })
  done.connections++
  const connected = await Promise.race([ready, gone(socket).then(() => false)])
  if (!connected) await sleep(5)
  return connected ? socket : undefined
}

function dial() {
  if (url.protocol === 'mqtt:') {
    const socket = connect({ port: Number(url.port), host: url.hostname })
    return [socket, new Promise((resolve) => { socket.once('connect', () => resolve(true)) })]
  }
  const webSocket = new WebSocket(url, 'mqtt', { perMessageDeflate: false })
  const socket = createWebSocketStream(webSocket)
  // it would wait for us to end our half
  webSocket.once('close', () => { socket.destroy() })
  return [socket, new Promise((resolve) => { webSocket.once('open', () => resolve(true)) })]
}

/** A client whose CONNECT was written; what becomes of it is seen at its socket. */
async function client({ clientId, clean = true }) {
  for (;;) {
    const socket = await open()
    if (socket === undefined) {
      if (!goesOn()) return deadSocket()
      continue
    }
    socket.write(generate({ cmd: 'connect', clientId, clean, keepalive: 60, protocolId: 'MQTT', protocolVersion: 4 }))
    return socket
  }
}

function deadSocket() {
  const socket = connect({ port: 1, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.destroy()
  return socket
}

/** Who is not read from for a second goes on all the same. */
function drainedOrGone(socket) {
  return Promise.race([new Promise((resolve) => { socket.once('drain', resolve) }), gone(socket), sleep(1_000)])
}

function gone(socket) {
  return new Promise((resolve) => { if (socket.destroyed) resolve(undefined); else socket.once('close', resolve) })
}

function written(socket, bytes) {
  return Promise.race([new Promise((resolve) => { socket.write(bytes, resolve) }), gone(socket)])
}

function publish(topic, bytes, qos, more = {}) {
  return generate({ cmd: 'publish', topic, payload: Buffer.alloc(bytes, 'x'), qos, retain: false, dup: false, messageId: qos === 0 ? undefined : randomInt(1, 65_535), ...more })
}

function subscribe(topics, qos) {
  return generate({ cmd: 'subscribe', messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos })) })
}

/** Random bytes, cut off packets, and packets with a few bits turned. */
function garbage() {
  const whole = Buffer.concat([publish('queue/garbage', 20, randomInt(3)), subscribe(['a/+/b', '#'], 1), Buffer.from([0xc0, 0])])
  switch (randomInt(3)) {
    case 0: return randomBytes(randomInt(1, 2_000))
    case 1: return whole.subarray(0, randomInt(1, whole.length))
    default:
      for (let n = randomInt(1, 6); n > 0; n--) whole[randomInt(whole.length)] ^= 1 << randomInt(8)
      return whole
  }
}

function range(count) { return Array.from({ length: count }, (_, i) => i) }
