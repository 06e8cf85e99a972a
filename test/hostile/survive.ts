import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MqttClient } from '../support/mqtt-client.ts'
import { type Gaps, healthyPair } from './healthy-pair.ts'
import type { Target } from './target.ts'

const ATTACKER = fileURLToPath(new URL('attacker.mjs', import.meta.url))
/** The attackers take a tenth of what the others may: what is measured is the broker. */
const NICE = '10'
/** What an attack has left behind is cleared away beside the healthy ones too. */
const AFTER_MS = 500
const A_SECOND_MS = 1_000

export interface Attack {
  /** Of attacker.mjs. */
  readonly name: string
  readonly over: 'tcp' | 'ws'
  readonly seconds: number
  /** So many in place of a time. */
  readonly connections?: number
}

/** What came of an attack. MiB are beyond what there was before it. */
export interface Survived {
  readonly gaps: Gaps
  readonly peakMiB: number
  /** Alive at its end. */
  readonly liveMiB: number
  readonly stallMs: number
  readonly logLines: number
  /** What the attackers did. */
  readonly connections: number
  readonly packets: number
}

/** Lets an attack run beside a healthy pair; fails if the broker does not live through it. */
export async function survive(target: Target, attack: Attack): Promise<Survived> {
  const { broker } = target
  const [runs, pid, logged] = [broker.runs, broker.pid, broker.log.length]
  const before = await target.collected()
  const pair = await healthyPair(target, `${attack.name}-${attack.over}`)
  const since = Date.now()
  const { connections, packets } = await attackers(target.url(attack.over), attack)
  await sleep(AFTER_MS)
  const gaps = await pair.stop()
  const samples = target.samples(since)
  const after = await target.collected()
  if (broker.runs !== runs || broker.pid !== pid) throw new Error('the broker was started anew')
  // alive: it answers a client that comes when a new second of `max_conn_rate` has begun
  await sleep(A_SECOND_MS)
  const late = await MqttClient.connect(broker.port, `late-${attack.name}`)
  await late.cut()
  return {
    gaps,
    peakMiB: Math.round(Math.max(...samples.map(({ rssMiB }) => rssMiB)) - before.rssMiB),
    liveMiB: Math.round(after.liveMiB - before.liveMiB),
    stallMs: Math.round(Math.max(...samples.map(({ stallMs }) => stallMs))),
    logLines: broker.log.length - logged,
    connections, packets,
  }
}

async function attackers(url: string, { name, seconds, connections }: Attack): Promise<{ readonly connections: number, readonly packets: number }> {
  const args = [ATTACKER, url, name, String(seconds), ...connections === undefined ? [] : [String(connections)]]
  const child = spawn('nice', ['-n', NICE, process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => { said += text })
    const [code] = await once(child, 'close') as [number | null] // the event's documented shape
    if (code !== 0) throw new Error(`the attackers ended with ${code}`)
    return JSON.parse(said) as { connections: number, packets: number } // as attacker.mjs writes it
  } finally {
    child.kill('SIGKILL')
  }
}
