import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { generate } from 'mqtt-packet'
import { afterEach, expect, test, vi } from 'vitest'
import { ConformanceRig, connectPacket, eventually, publish, type RawClient } from './conformance-rig.ts'
import { below, chunksOf, hostilePacket, newSeed, oneOf, type Random, randomOf, readCorpus } from './fuzz.ts'

/** Hostile clients, beside two that behave. A failure is seen again with `FUZZ_SEED`; `FUZZ_RUNS` makes it longer. */

const CONNECTIONS = Number(process.env['FUZZ_RUNS'] ?? 3000)
const AT_ONCE = 50
/** Bytes that the heap may have grown by, with all hostile connections gone. */
const GROWTH = 24 * 1024 * 1024

let rig: ConformanceRig

afterEach(async () => {
  vi.restoreAllMocks()
  await rig.close()
})

const seed = newSeed()

test(`hostile clients harm themselves only (FUZZ_SEED=${seed})`, { timeout: 30_000 + CONNECTIONS * 20 }, async () => {
  rig = await ConformanceRig.start()
  const printed = vi.spyOn(process.stderr, 'write')
  const random = randomOf(seed)
  const corpus = readCorpus()
  const subscriber = await rig.subscriber('well-behaved subscriber', 'well/behaved', 2)
  const publisher = await rig.connect('well-behaved publisher')
  let heap = 0

  for (let done = 0; done < CONNECTIONS; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => attack(rig.dial(), random, corpus)))
    await expectService(publisher, subscriber, done / AT_ONCE)
    rig.forgetClosed()
    // what a first tenth leaves behind is caches and compiled code
    if (heap === 0 && done >= CONNECTIONS / 10) heap = heapUsed()
  }

  await eventually(() => rig.broker.connections).toBe(2)
  expect(heapUsed() - heap).toBeLessThan(GROWTH)
  expect(rig.broker.counters.packetsRefused).toBeGreaterThan(CONNECTIONS / 4)
  expect(rig.logged.filter((line) => /\n\s+at |Error/.test(line))).toEqual([])
  expect(printed).not.toHaveBeenCalled()
})

/** Says wrong things in pieces, then ends its side, or is gone; resolves when the broker has ended its side. */
async function attack(client: RawClient, random: Random, corpus: readonly [Buffer, ...Buffer[]]): Promise<void> {
  const packets = Array.from({ length: 1 + below(random, 5) }, () => hostilePacket(random, corpus))
  const id = `h${below(random, 20)}`
  const hello = generate(connectPacket(id, { clean: random() < 0.8, will: { topic: 'h/will', payload: Buffer.from('w'), qos: 1, retain: false } }))
  const { socket } = client
  const gone = new Promise<void>((resolve) => { socket.on('close', () => resolve()) })
  for (const chunk of chunksOf(random, Buffer.concat(random() < 0.8 ? [hello, ...packets] : packets))) {
    if (socket.destroyed) break
    socket.write(chunk)
    if (random() < 0.3) await new Promise((resolve) => { setImmediate(resolve) })
  }
  oneOf(random, [() => socket.end(), () => socket.end(), () => socket.resetAndDestroy()])()
  await gone
}

async function expectService(publisher: RawClient, subscriber: RawClient, round: number): Promise<void> {
  publisher.forget()
  subscriber.forget()
  publisher.send(publish('well/behaved', `${round}`, { qos: 1, id: 1 }))
  await eventually(() => publisher.heard).toEqual(['puback 1'])
  await eventually(() => subscriber.heard.map((line) => line.replace(/ id\d+/, ''))).toEqual([`publish well/behaved ${round} qos1`])
  subscriber.send({ cmd: 'puback', messageId: subscriber.idOf(`${round}`) })
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc()')
  return process.memoryUsage().heapUsed
}
