import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { adopt, type Adoption, type AdoptOptions } from '../../src/store/adopt.ts'
import { hookline, type HooklineProcess } from '../server/hookline-process.ts'
import { tempFolder } from '../server/temp-folder.ts'
import { leave, oldMessage } from './emqx-data.ts'
import { poolSpec } from './pool-kit.ts'
import { startRedis, type RedisServer } from './redis-server.ts'
import { startProxy } from './tcp-proxy.ts'

let redis: RedisServer

beforeAll(async () => { redis = await startRedis() })
afterAll(async () => { await redis.stop() })
beforeEach(async () => { await redis.client.flushall() })

const TOPICS = Array.from({ length: 1_000 }, (_, i) => `t/${String(i).padStart(4, '0')}`)

/** What EMQ X left: logs with a message each, retained messages in all forms, and keys of others. */
async function leaveMuch(): Promise<void> {
  await leave(redis.client, '4.x', TOPICS.map((topic, i) => oldMessage('4.x', topic, 1_700_000_000, i)))
  await redis.client.hset('mqtt:retain:r/hash', 'id', 'x', 'payload', 'p')
  await redis.client.set('mqtt:retain:r/text', 'p')
  await redis.client.zadd('mqtt:retain:r/set', 1, 'x')
  await redis.client.mset('mqtt:acked:c:a', 'x', 'other', 'y', 'mqtt:msg:no log', 'z')
  await redis.client.hset('mqtt:client:c', 'state', '1')
}

const index = (key: string): Promise<string[]> => redis.client.zrange(key, '0', '-1')

function adoptAll(more: Partial<AdoptOptions> = {}): Promise<Adoption> {
  return adopt({ spec: poolSpec(redis.port), dryRun: false, keysPerSecond: 1_000_000, signal: new AbortController().signal, onProgress() {}, ...more })
}

describe('adopting', () => {
  it('enters every topic with a log or a retained message, and nothing else', async () => {
    await leaveMuch()
    const keysBefore = await redis.client.dbsize()
    expect(await adoptAll()).toEqual({ looked: expect.any(Number), total: keysBefore, logs: 1_000, retained: 3, added: 1_003, finished: true })
    expect(await index('mqtt:topics')).toEqual(TOPICS)
    expect(await index('mqtt:retained')).toEqual(['r/hash', 'r/set', 'r/text'])
    expect(await redis.client.dbsize()).toBe(keysBefore + 2)
    expect(await adoptAll()).toMatchObject({ logs: 1_000, added: 0, finished: true })
  })

  it('only counts in a dry run', async () => {
    await leaveMuch()
    const keysBefore = await redis.client.dbsize()
    expect(await adoptAll({ dryRun: true })).toMatchObject({ logs: 1_000, retained: 3, added: 1_003, finished: true })
    expect(await redis.client.dbsize()).toBe(keysBefore)
  })

  it('that was stopped goes on behind what it had looked at, with its counts', async () => {
    await leaveMuch()
    const abort = new AbortController()
    const first = await adoptAll({ signal: abort.signal, onProgress: () => { abort.abort() } })
    expect(first.finished).toBe(false)
    expect(first.looked).toBeGreaterThanOrEqual(500)
    const steps: Adoption[] = []
    await adoptAll({ onProgress: (adoption) => { steps.push(adoption) } })
    expect(steps[0]?.looked).toBeGreaterThan(first.looked)
    expect(steps.at(-1)).toMatchObject({ logs: 1_000, retained: 3, added: 1_003, finished: true })
    expect(await redis.client.exists('mqtt:adopting')).toBe(0)
  })

  it('begins anew in another server process, whose cursors are others', async () => {
    await leaveMuch()
    await redis.client.hset('mqtt:adopting', 'run', 'another', 'cursor', '12345', 'looked', 9_999_999, 'logs', 1, 'retained', 1, 'added', 1)
    expect(await adoptAll()).toMatchObject({ logs: 1_000, retained: 3, added: 1_003, finished: true })
  })

  it('survives a connection that is cut in every step', async () => {
    await leaveMuch()
    const proxy = await startProxy(redis.port)
    onTestFinished(() => proxy.stop())
    let cuts = 0
    const end = await adoptAll({ spec: poolSpec(proxy.port), onProgress: () => { if (++cuts % 2 === 1) proxy.cut() } })
    expect(end).toMatchObject({ logs: 1_000, retained: 3, added: 1_003, finished: true })
    expect(cuts).toBeGreaterThan(2)
    expect(await index('mqtt:topics')).toEqual(TOPICS)
  })

  it('takes its time', async () => {
    await leaveMuch()
    const startedAt = Date.now()
    const { looked } = await adoptAll({ keysPerSecond: 4_000 })
    // the last step is not waited for
    expect(Date.now() - startedAt).toBeGreaterThan((looked - 1_000) / 4_000 * 1_000)
  })
})

describe('hookline adopt', () => {
  function rules(port: number | 'embedded', more = ''): string {
    const file = join(tempFolder(), 'hookline.conf')
    writeFileSync(file, `backend.redis.pool1.server = ${port === 'embedded' ? port : `127.0.0.1:${port}`}\n${more}`)
    return file
  }

  async function failed(it: HooklineProcess): Promise<string> {
    expect(await it.exit).toBe(2)
    expect(it.stdout()).toBe('')
    return it.stderr()
  }

  it('says what it found and did, exit 0', async () => {
    await leaveMuch()
    const dry = hookline(['adopt', 'pool1', '-f', rules(redis.port), '--dry-run', '--rate', '1000000'])
    expect(await dry.exit).toBe(0)
    expect(dry.stdout()).toMatch(/^\d+ keys looked at: 1000 topics with stored messages, and 3 topics with a retained message; 1003 of them in no index; nothing was changed\n$/)
    expect(await redis.client.exists('mqtt:topics')).toBe(0)
    const it = hookline(['adopt', 'pool1', '-f', rules(redis.port), '--rate', '1000000'])
    expect(await it.exit).toBe(0)
    expect(it.stdout()).toMatch(/; 1003 of them newly in the indexes\n$/)
    expect(it.stderr()).toBe('')
    expect(await index('mqtt:topics')).toEqual(TOPICS)
  })

  it('says what is missing, exit 2, and shows mistakes of the rules, exit 1', async () => {
    // a folder in which no broker of another test is registered
    expect(await failed(hookline(['adopt', 'pool1'], { XDG_RUNTIME_DIR: tempFolder() }))).toContain('name the rules files with -f')
    expect(await failed(hookline(['adopt', 'pool1', '-f', 'no-such.conf']))).toContain('cannot read the rules file no-such.conf')
    expect(await failed(hookline(['adopt', 'pol1', '-f', rules(redis.port)]))).toContain('the rules have no pool pol1; they have pool1')
    expect(await failed(hookline(['adopt', 'pool1', '-f', rules('embedded')]))).toContain('pool1 is the embedded store')
    expect(await failed(hookline(['adopt', 'pool1', '-f', rules(redis.port), '--rate', '0']))).toContain('a whole number of keys')
    const wrong = hookline(['adopt', 'pool1', '-f', rules(redis.port, 'nonsense\n')])
    expect(await wrong.exit).toBe(1)
    expect(wrong.stderr()).toContain('nonsense')
  })

  it('stops at an interrupt and says how to go on, exit 1', async () => {
    await leaveMuch()
    const it = hookline(['adopt', 'pool1', '-f', rules(redis.port), '--rate', '100'])
    await expect.poll(() => redis.client.exists('mqtt:adopting'), { timeout: 10_000 }).toBe(1)
    it.signal('SIGINT')
    expect(await it.exit).toBe(1)
    expect(it.stdout()).toMatch(/\nstopped after \d+ keys of about \d+; run it again to go on\n$/)
  })
})
