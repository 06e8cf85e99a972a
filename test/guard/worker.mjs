// Counts what the built broker does for a message, in this process: `node <FLAGS> worker.mjs <job as JSON>`
// prints the counts as JSON. Started by count.ts, with flags under which nothing depends on time.
import { createHook } from 'node:async_hooks'
import { once } from 'node:events'
import { Session } from 'node:inspector/promises'
import { connect, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import v8 from 'node:v8'
import { generate } from 'mqtt-packet'
import { newBootId } from '../../dist/actions/msgid.js'
import { compile } from '../../dist/compile.js'
import { createRuntime } from '../../dist/server/runtime.js'
import { readSources } from '../../dist/server/sources.js'
import { openPool } from '../../dist/store/open-pool.js'

/** @type {import('./count.ts').Job} */
const job = JSON.parse(process.argv[2] ?? '')

// the event loop is shared by time; on a slow machine a batch would be cut in two
performance.now = () => 0

/** Messages in one write: few enough that the broker reads them in one turn. */
const BATCH = 64
const WARM_UP = 5
/** How often each is counted. */
const PASSES = 20
/** Batches of a pass that counts bytes: short buffers lie in one of 8 KiB that many share, and that is new only now and then. */
const ALLOCATING = 8
/** Each begins to count and returns what ends it; one at a time, because they would count each other. */
const COUNTERS = [allocations, calls, resources, writes, redisCommands]
const PAYLOAD_BYTES = 100

const log = { debug() {}, info() {}, warn() {}, error(fields, text) { console.error(text, fields) } }
const { program, diagnostics } = compile((await readSources([job.file])).sources)
if (program === undefined) throw new Error(`the rules have errors: ${JSON.stringify(diagnostics)}`)
const boot = newBootId()
const pool = openPool({ spec: program.pools.get('pool1'), boot, log })
await pool.whenReady(10_000)
const runtime = await createRuntime({ program, pools: new Map([['pool1', pool]]), boot, log })
pool.onAway = () => { throw new Error('Redis is gone') }
pool.onWake = topic => { runtime.wake(pool, topic) }
const [{ address: { port } }] = await runtime.listen(program.settings.listeners, new Map())

const publisher = await mqtt('publisher')
const subscriber = job.subscriber ? await mqtt('subscriber') : undefined
if (subscriber !== undefined) {
  await ask(subscriber, { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: job.topic, qos: 1 }] })
}

const packets = Buffer.concat(Array.from({ length: BATCH }, (_, index) =>
  generate({ cmd: 'publish', topic: job.topic, payload: Buffer.alloc(PAYLOAD_BYTES, 'x'), qos: 1, retain: false, dup: false, messageId: index + 1 })))
const packetBytes = packets.length / BATCH
/** Behind the fixed header, which has two bytes, and the topic with its length. */
const packetIdAt = 4 + Buffer.byteLength(job.topic)

/** What the test adds to each message, to see that it is noticed. */
const BURDENS = {
  closure: index => [index].forEach(number => number + 1),
  copy: index => Buffer.from(packets.subarray(index, index + PAYLOAD_BYTES)),
  promise: async index => index,
  redisCall: () => pool.command([Buffer.from('ping')]),
}
let burden

for (let index = 0; index < WARM_UP; index++) await batch()
const counts = {}
for (const name of ['none', ...job.burdens]) {
  burden = BURDENS[name]
  counts[name] = await count()
}
console.log(JSON.stringify(counts))
process.exit(0)

/**
 * The least of several passes: what the process does beside its messages comes on top
 * of what they take, and so does what it costs if the system cuts a batch in two.
 */
async function count() {
  const least = {}
  for (const counter of COUNTERS) {
    for (let pass = 0; pass < PASSES; pass++) {
      const end = await counter()
      const batches = counter === allocations ? ALLOCATING : 1
      for (let i = 0; i < batches; i++) await batch()
      for (const [metric, sum] of Object.entries(await end())) least[metric] = Math.min(least[metric] ?? Infinity, sum / BATCH / batches)
    }
  }
  return least
}

/** Commands that Redis has carried out, those in scripts too. */
async function redisCommands() {
  const carriedOut = async () => {
    const { bytes } = await pool.command(['info', 'commandstats'].map(word => Buffer.from(word)))
    return [...bytes.toString().matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
  }
  const before = await carriedOut()
  return async () => ({ redisCommands: await carriedOut() - before })
}

/** Bytes of the heap and beside it. What is free is collected before, and then there is room for all passes. */
function allocations() {
  gc()
  const before = used()
  return () => {
    const after = used()
    return { heapBytes: after.heap - before.heap, bufferBytes: after.buffers - before.buffers }
  }
}

function used() {
  return { heap: v8.getHeapStatistics().used_heap_size, buffers: process.memoryUsage().arrayBuffers }
}

/** Calls of functions: of hookline and this file, of packages, and of Node's own. */
async function calls() {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  await session.post('Profiler.takePreciseCoverage')
  return async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage')
    session.disconnect()
    const sums = { calls: 0, packageCalls: 0, nodeCalls: 0 }
    for (const { url, functions } of result) {
      const name = url.startsWith('node:') ? 'nodeCalls' : url.includes('/node_modules/') ? 'packageCalls' : 'calls'
      for (const { ranges: [all] } of functions) sums[name] += all?.count ?? 0
    }
    return sums
  }
}

/** Promises, and turns of the event loop that were asked for. */
function resources() {
  const counts = { promises: 0, immediates: 0, ticks: 0, timers: 0 }
  const names = { PROMISE: 'promises', Immediate: 'immediates', TickObject: 'ticks', Timeout: 'timers' }
  const hook = createHook({ init(_id, type) { if (type in names) counts[names[type]]++ } })
  hook.enable()
  return () => {
    hook.disable()
    return counts
  }
}

/** Writes to sockets, whoever makes them: those of the clients here are the same every time. */
function writes() {
  const counts = { socketWrites: 0 }
  const { _writeGeneric } = Socket.prototype
  Socket.prototype._writeGeneric = function (writev, data, ...rest) {
    counts.socketWrites++
    return _writeGeneric.call(this, writev, data, ...rest)
  }
  return () => {
    Socket.prototype._writeGeneric = _writeGeneric
    return counts
  }
}

/** Done with before the next begins. */
async function batch() {
  const done = [bytesOf(publisher, 4 * BATCH)]
  if (subscriber !== undefined) done.push(bytesOf(subscriber, packets.length).then(acknowledge))
  publisher.write(packets)
  for (let index = 0; index < BATCH; index++) burden?.(index)
  await Promise.all(done)
  // what goes on after the last answer belongs to this batch
  await sleep(2)
}

/** So many bytes, in however many pieces they come: each costs the same here. */
function bytesOf(socket, wanted) {
  const chunks = []
  let length = 0
  return new Promise((resolve) => {
    const take = (chunk) => {
      chunks.push(chunk)
      length += chunk.length
      if (length < wanted) return
      socket.off('data', take)
      resolve(Buffer.concat(chunks))
    }
    socket.on('data', take)
  })
}

/** Deliveries of a batch, all at once. */
function acknowledge(deliveries) {
  const acks = Buffer.alloc(4 * BATCH)
  for (let index = 0; index < BATCH; index++) {
    acks.writeUInt16BE(0x4002, 4 * index)
    deliveries.copy(acks, 4 * index + 2, index * packetBytes + packetIdAt, index * packetBytes + packetIdAt + 2)
  }
  subscriber.write(acks)
}

async function mqtt(clientId) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  await ask(socket, { cmd: 'connect', clientId, clean: true, keepalive: 0, protocolId: 'MQTT', protocolVersion: 4 })
  return socket
}

async function ask(socket, packet) {
  socket.write(generate(packet))
  await once(socket, 'data')
}
