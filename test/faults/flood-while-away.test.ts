import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startRedis } from '../store/redis-server.ts'
import { BrokerProcess } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { rules, STORED } from '../support/rules.ts'
import { type Connected, connectWire } from '../support/wire-connection.ts'
import { withPool } from '../support/world.ts'
import { isLong } from './long-run.ts'

const CLIENTS = 30
const PAYLOAD = Buffer.alloc(100_000, 'x')
/** In one go of one client; more than a broker may take from all of them. */
const BURST = 30
const GROWTH_MIB = 150
/** What they push in all: twice what memory may grow by, or many times. */
const PUSHED_MIB = isLong ? 2_000 : 2 * GROWTH_MIB
const DEADLINE_MS = 120_000

/** Clients that push, do not wait for anything, and come back when they are thrown out. */
test(`memory is bounded while clients push ${PUSHED_MIB} MiB and Redis is away, and all is well when it is back`, async () => {
  const redis = await startRedis()
  const broker = new BrokerProcess({ rules: withPool(rules(...STORED), redis.port) })
  let pushing = true
  let pushed = 0
  try {
    await broker.start()
    const before = residentMiB(broker.pid)
    await redis.kill()
    const push = async (i: number): Promise<void> => {
      let connection: Connected | undefined
      for (let id = 1; pushing; id++) {
        if (connection?.open !== true) connection = await connectWire(broker.port, `pusher-${i}`, { keepalive: 5 }).catch(() => undefined)
        for (let n = 0; n < BURST && connection?.open === true && connection.unsent < PAYLOAD.length; n++) {
          connection.publish(`queue/${i}`, PAYLOAD, { messageId: (id * BURST + n) % 65_535 + 1, qos: 1 })
          pushed++
        }
        await sleep(5)
      }
      connection?.cut()
    }
    let most = 0
    const watch = setInterval(() => { most = Math.max(most, residentMiB(broker.pid)) }, 20)
    const pushers = Array.from({ length: CLIENTS }, (_, i) => push(i))
    await eventually('enough was pushed', () => pushed * PAYLOAD.length > PUSHED_MIB * 2 ** 20, DEADLINE_MS)
    pushing = false
    await Promise.all(pushers)
    clearInterval(watch)
    process.stdout.write(`${CLIENTS} clients pushed ${Math.round(pushed * PAYLOAD.length / 2 ** 20)} MiB: memory grew by ${Math.round(most - before)} MiB at most\n`)
    expect(most - before).toBeLessThan(GROWTH_MIB)

    await redis.start()
    const late = await connectWire(broker.port, 'late')
    late.publish('queue/late', 'x', { messageId: 1 })
    await eventually('a client that comes now is served', () => late.all('puback').length === 1, 5_000)
    late.cut()
  } finally {
    pushing = false
    await broker.remove()
    await redis.stop()
  }
}, DEADLINE_MS + 60_000)

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
