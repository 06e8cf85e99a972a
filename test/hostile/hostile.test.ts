import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BrokerProcess } from '../support/broker-process.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { withPool } from '../support/world.ts'
import { type RedisServer, startRedis } from '../store/redis-server.ts'

// Clients that misbehave, one attack after another on one broker with the default rules, and beside
// each a healthy publisher and its subscriber. `HOSTILE_SECONDS=60` and `HOSTILE_CONNECTIONS=50000`
// make the long form.

const ATTACKER = fileURLToPath(new URL('attacker.mjs', import.meta.url))
const DEFAULT_RULES = fileURLToPath(new URL('../../rules/hookline.conf', import.meta.url))
const SECONDS = Number(process.env['HOSTILE_SECONDS'] ?? 3)
const CONNECTIONS = Number(process.env['HOSTILE_CONNECTIONS'] ?? 1_000)

const WORST_GAP_MS = 1_000
const WORST_GROWTH_MIB = 150
/** How often the healthy publisher has something to say. */
const BEAT_MS = 20

const ATTACKS = [
  'never-reading', 'never-acknowledging', 'flooding', 'big-messages', 'retained', 'half-open', 'one-id-storm', 'too-long', 'garbage',
  'deep-topics', 'many-subscriptions', 'odd-ids', 'wrong-packets',
]

let redis: RedisServer | undefined
let broker: BrokerProcess | undefined

beforeAll(async () => {
  redis = await startRedis()
  const lines = readFileSync(DEFAULT_RULES, 'utf8').split('\n').filter((line) => !line.startsWith('backend.redis.pool1.server'))
  broker = new BrokerProcess({ rules: withPool(lines.join('\n'), redis.port) })
  await broker.start()
}, 60_000)

afterAll(async () => {
  await broker?.remove()
  await redis?.stop()
})

describe('beside clients that misbehave, healthy ones wait less than a second and memory stays bounded:', () => {
  test.each(ATTACKS)('%s', async (attack) => {
    const { gapMs, grownMiB } = await survive(attack, [attack, String(SECONDS)])
    process.stdout.write(`hostile: ${attack}: worst gap ${gapMs} ms, memory grew by ${grownMiB} MiB at most\n`)
    expect(gapMs).toBeLessThan(WORST_GAP_MS)
    expect(grownMiB).toBeLessThan(WORST_GROWTH_MIB)
  }, SECONDS * 1_000 + 60_000)

  test('a long row of connections that send garbage', async () => {
    const { gapMs, grownMiB } = await survive('garbage', ['garbage', '0', String(CONNECTIONS)])
    process.stdout.write(`hostile: ${CONNECTIONS} connections: worst gap ${gapMs} ms, memory grew by ${grownMiB} MiB at most\n`)
    expect(gapMs).toBeLessThan(WORST_GAP_MS)
    expect(grownMiB).toBeLessThan(WORST_GROWTH_MIB)
  }, 60_000 + CONNECTIONS * 20)
})

async function survive(name: string, args: readonly string[]): Promise<{ gapMs: number, grownMiB: number }> {
  const { port, pid } = here(broker)
  const runs = here(broker).runs
  const beforeMiB = rssMiB(pid)
  const pair = await healthyPair(port, name)
  let grownMiB = 0
  const watch = setInterval(() => { grownMiB = Math.max(grownMiB, rssMiB(pid) - beforeMiB) }, 50)
  const attacker = spawn(process.execPath, [ATTACKER, String(port), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await outputOf(attacker)
    // what it has left behind is cleared away beside the healthy ones too
    await sleep(500)
    const gapMs = await pair.stop()
    expect(here(broker).runs).toBe(runs)
    // alive: it answers a client that comes now
    const late = await MqttClient.connect(port, `late-${name}`)
    await late.cut()
    return { gapMs, grownMiB: Math.round(grownMiB) }
  } finally {
    clearInterval(watch)
    attacker.kill('SIGKILL')
  }
}

/** A publisher and a subscriber of a stored queue; `stop` says the longest that a message was late. */
async function healthyPair(port: number, name: string): Promise<{ stop(): Promise<number> }> {
  const topic = `queue/healthy/${name}`
  const sub = await MqttClient.connect(port, `healthy-sub-${name}`, { keepalive: 30 })
  await sub.subscribe(topic, 1)
  const pub = await MqttClient.connect(port, `healthy-pub-${name}`, { keepalive: 30 })
  let running = true
  let worst = 0
  let sent = 0
  const beating = (async () => {
    while (running) {
      const at = Date.now()
      sent++
      const acknowledged = pub.publish(topic, String(sent), { qos: 1 })
      await acknowledged
      await sub.waitForCount(sent, 30_000)
      worst = Math.max(worst, Date.now() - at)
      await sleep(BEAT_MS)
    }
  })()
  return {
    async stop() {
      running = false
      await beating
      await Promise.all([pub.cut(), sub.cut()])
      return worst
    },
  }
}

async function outputOf(child: ChildProcess): Promise<void> {
  child.stdout?.resume()
  const [code] = await once(child, 'exit') as [number | null] // the event's documented shape
  if (code !== 0) throw new Error(`the attacker ended with ${code}`)
}

function rssMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024
}

function here<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not started')
  return value
}
