import type { Effect, Outcome } from '../../src/actions/effect.ts'
import type { MessageRecord } from '../../src/actions/message-record.ts'
import { msgidMaker, newBootId } from '../../src/actions/msgid.ts'
import type { Page, PageRequest, Pool, RetainedRequest, Submission } from '../../src/delivery/ports.ts'
import type { PoolSpec } from '../../src/plan/program.ts'
import { openPool, type OpenPool } from '../../src/store/open-pool.ts'

export function poolSpec(port: number, more: Partial<PoolSpec> = {}): PoolSpec {
  return {
    name: 'pool1', type: 'single', server: [{ host: '127.0.0.1', port }], sentinel: undefined, poolSize: 8, database: 0,
    username: undefined, password: undefined, channel: 'mqtt_channel', onFailure: 'hold', tls: undefined, waitReplicas: 0, at: { file: 'test.conf', line: 1 }, ...more,
  }
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

export interface PoolKit {
  readonly pool: OpenPool
  readonly lines: readonly LogLine[]
  /** What the pool told of itself: `away`, `back same`, `back other`. */
  readonly told: readonly string[]
}

/** A pool that has answered, and what it says. */
export async function readyPool(spec: PoolSpec): Promise<PoolKit> {
  const kit = poolOf(spec)
  await kit.pool.whenReady(5_000)
  return kit
}

export function poolOf(spec: PoolSpec, socketPath?: string): PoolKit {
  const lines: LogLine[] = []
  const told: string[] = []
  const say = (level: LogLine['level']) => (fields: LogLine['fields'], message: string) => { lines.push({ level, fields, message }) }
  const pool = openPool({
    spec,
    socketPath,
    boot: newBootId(),
    log: { info: say('info'), warn: say('warn'), error: say('error') },
    events: { onAway: () => { told.push('away') }, onBack: (sameData) => { told.push(sameData ? 'back same' : 'back other') } },
  })
  return { pool, lines, told }
}

const idAt = msgidMaker(newBootId())
const nextId = () => idAt(Date.now())

export function message(topic: string, more: Partial<MessageRecord> = {}): MessageRecord {
  return { id: nextId(), from: 'publisher', qos: 1, topic, payload: Buffer.from('hello'), ts: 1_700_000_000, retain: false, ...more }
}

export function store(record: MessageRecord, expirySeconds?: number): Effect {
  return { kind: 'store', record, expirySeconds }
}

export function command(name: string, ...args: (string | Buffer)[]): Effect {
  return { kind: 'command', name, args }
}

/** A submission and its outcomes; with a connection of its own unless one is given. */
export function submission(
  effects: readonly Effect[], more: Partial<Pick<Submission, 'order' | 'hold' | 'bytes'>> = {},
): { submission: Submission & { cancelled: boolean }, outcomes: Promise<readonly Outcome[]> } {
  const { promise, resolve } = withResolvers<readonly Outcome[]>()
  return { submission: { order: {}, hold: true, bytes: 100, ...more, effects, cancelled: false, done: resolve }, outcomes: promise }
}

export function submit(pool: Pool, effects: readonly Effect[], more: Parameters<typeof submission>[1] = {}): Promise<readonly Outcome[]> {
  const { submission: given, outcomes } = submission(effects, more)
  pool.submit(given)
  return outcomes
}

export function page(pool: Pool, topic: string, more: Partial<Omit<PageRequest, 'done'>> = {}): Promise<Page | Error> {
  const { promise, resolve } = withResolvers<Page | Error>()
  pool.page({ kind: 'queue', clientid: 'subscriber', topic, after: undefined, limit: 100, ...more, done: resolve })
  return promise
}

/** The page, or a failed test. */
export async function goodPage(...args: Parameters<typeof page>): Promise<Page> {
  const found = await page(...args)
  if (found instanceof Error) throw found
  return found
}

export function retained(pool: Pool, topic: string, reader?: RetainedRequest['reader']): Promise<Parameters<RetainedRequest['done']>[0]> {
  const { promise, resolve } = withResolvers<Parameters<RetainedRequest['done']>[0]>()
  pool.retained({ topic, reader, done: resolve })
  return promise
}

/** Where a store effect was stored. */
export function placeOf(outcome: Outcome | undefined): { score: number | undefined, prev: number | undefined } {
  if (outcome?.ok !== true || outcome.stored === undefined) throw new Error(`not stored: ${JSON.stringify(outcome)}`)
  return outcome.stored
}

// Promise.withResolvers comes with Node 22
export function withResolvers<T>(): { promise: Promise<T>, resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => { resolve = settle })
  return { promise, resolve }
}
