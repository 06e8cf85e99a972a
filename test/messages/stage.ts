import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort, startRedis, type RedisServer } from '../store/redis-server.ts'
import { run, type Run, type Running } from './run.ts'
import type { Situation } from './situation.ts'

/** What all situations of a test file share. */
export interface World {
  readonly redis: RedisServer
  /** It asks for the password `right`; its user `reader` may only read, and `weak` may not do all that rules need. */
  readonly guarded: RedisServer
  /** Can be ended and started. */
  readonly shaky: RedisServer
  /** Nobody listens there. */
  readonly nobody: number
  /** Something that says nothing listens there. */
  readonly taken: number
  end(): Promise<void>
}

export async function openWorld(): Promise<World> {
  const redis = await startRedis('--databases', '16')
  const guarded = await startRedis('--requirepass', 'right', '--user', 'reader', 'on', '>right', '~*', '&*', '+@read', '+@connection', '--user', 'weak', 'on', '>right', '~mqtt:*', '&mqtt*', '+@all', '-zadd', '-script')
  const shaky = await startRedis()
  const mute = createServer().listen(0, '127.0.0.1')
  await once(mute, 'listening')
  return {
    redis, guarded, shaky, nobody: await freePort(), taken: portOf(mute),
    async end() {
      mute.close()
      await Promise.all([redis, guarded, shaky].map(server => server.stop()))
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Where one situation plays: a folder, brokers and their runtime folder, all of its own. */
export class Stage {
  readonly world: World
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'hookline-')))
  readonly env: NodeJS.ProcessEnv
  readonly brokers: Running[] = []
  /** The command itself, once it runs. */
  command: Running | undefined
  readonly #closers: (() => void | Promise<void>)[] = []

  constructor(world: World, env: NodeJS.ProcessEnv = {}) {
    this.world = world
    this.env = { XDG_RUNTIME_DIR: join(this.folder, 'run'), ...this.#filled(env) }
    mkdirSync(join(this.folder, 'run'))
  }

  /** Plays it up to the end of the command. */
  async play(situation: Situation): Promise<Run> {
    const { line, files = {}, brokers = [], before, until, stdin } = situation
    for (const [name, text] of Object.entries(files)) this.write(name, text)
    for (const file of brokers) {
      const broker = run(['start', file], { cwd: this.folder, env: { ...this.env, ...situation.watched === true ? {} : BLIND } })
      this.brokers.push(broker)
      await broker.said('"msg":"ready"')
    }
    await before?.(this)
    const [, ...args] = this.fill(line).split(' ')
    const command = run(args, { cwd: join(this.folder, situation.cwd ?? ''), env: this.env, ...(stdin === undefined ? {} : { stdin }) })
    this.command = command
    if (until !== undefined) {
      await (typeof until === 'string' ? command.said(until) : until(this))
      command.signal('SIGTERM')
    }
    return await command.ended
  }

  write(name: string, text: string): void {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, this.fill(text))
  }

  /** Another command, to its end. */
  async other(...args: readonly string[]): Promise<Run> {
    return await run(args, { cwd: this.folder, env: this.env }).ended
  }

  /** The first of the brokers. */
  get broker(): Running {
    const [first] = this.brokers
    if (first === undefined) throw new Error('the situation has no broker')
    return first
  }

  /** Of the first broker. */
  get port(): number {
    return portIn(this.broker.stderr())
  }

  /** To be ended with it, last one first. */
  add(close: () => void | Promise<void>): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close()
    for (const it of [...this.brokers, ...this.command === undefined ? [] : [this.command]]) {
      it.signal('SIGCONT')
      it.signal('SIGTERM')
      await it.ended
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** With the addresses and the folder of this run in place of their names. */
  fill(text: string): string {
    return this.#names().reduce((filled, [name, value]) => filled.replaceAll(`{${name}}`, value), text)
  }

  /** What was printed, without what every run has anew. */
  shown(text: string): string {
    const named = [...this.#names(), ...this.brokers.map(({ pid }, i) => [`pid-${i + 1}`, String(pid)] as const)]
      .reduce((shown, [name, value]) => shown.replaceAll(value, `{${name}}`), text)
    // a process id has as many digits as it has
    const even = named.replaceAll(/(\{pid-\d\}) +/g, '$1  ')
    return CHANGING.reduce((shown, [words, name]) => shown.replace(words, name), even)
  }

  #filled(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value === undefined ? value : this.fill(value)]))
  }

  #names(): readonly (readonly [name: string, value: string])[] {
    const { redis, guarded, shaky, nobody, taken } = this.world
    return [
      ['redis', `127.0.0.1:${redis.port}`], ['guarded', `127.0.0.1:${guarded.port}`], ['shaky', `127.0.0.1:${shaky.port}`],
      ['nobody', `127.0.0.1:${nobody}`], ['taken', `127.0.0.1:${taken}`], ['folder', this.folder],
    ]
  }
}

/** Of the TCP listener, from what a broker has logged. */
export function portIn(log: string): number {
  const port = /"kind":"tcp","name":"external","host":"127\.0\.0\.1","port":(\d+)/.exec(log)?.[1]
  if (port === undefined) throw new Error('the broker has no port')
  return Number(port)
}

/** chokidar's own variables: it looks itself, in place of being told, and in ten minutes first. */
const BLIND = { CHOKIDAR_USEPOLLING: 'true', CHOKIDAR_INTERVAL: '600000' }

/** What every run has anew, and how a golden file shows it. */
const CHANGING: readonly (readonly [words: RegExp, name: string])[] = [
  [/\b(ts|online_at|lamp) 1\d{9}\b/g, '$1 SECONDS'],
  [/(^|["\s])\d{4}-\d\d-\d\dT[\d:.]+Z/gm, '$1TIME'],
  [/(?:"time":"TIME",)/g, ''],
  [/\b[0-9a-f]{64}\b/g, 'HASH'],
  [/(generation +\d+, )[0-9a-f]{12}\b/g, '$1HASH'],
  [/127\.0\.0\.1:\d{4,5}\b/g, '127.0.0.1:PORT'],
  [/("port": ?)\d{4,5}\b/g, '$1PORT'],
  [/(-p )\d{4,5}\b/g, '$1PORT'],
  [/^\d+( keys looked at.*\nstopped after )\d+( keys of about )\d+/gm, 'N$1N$2N'],
  [/(after|"tookMs":) ?\d+( ms)?/g, '$1 N$2'],
  [/("(?:uptimeSeconds|awayMs|rssBytes|longestStallMs|p99StallMs|pid|took\w*|pendingBytes)": ?)[\d.]+/g, '$1N'],
  [/\b\d+ (?:s|min \d+ s|d \d+ h)( ago|: )/g, 'N s$1'],
  [/(events? \()\d+ s(?=\), replayed|\) has written)/g, '$1N s'],
  [/("(?:since|until|at|from|to)": ?)\d{13}\b/g, '$1N'],
  [/("payloadHash": ?"|\b\d+ bytes )[0-9a-f]{12}/g, '$1HASH'],
  [/\b(?=\w*\d)[0-9A-Za-z]{20}\b/g, 'MSGID'],
  [/("eventsPerSecond": ?)[\d.]+/g, '$1N'],
  [/(up )\d+ s/g, '$1N s'],
  [/(memory +)\d+(?:\.\d)? MB/g, '$1N MB'],
  [/(process |pid )\d+/g, '$1N'],
  [/hookline-\d+\b/g, 'hookline-UID'],
  [/(hookline |this command |^|"version": ")\d+\.\d+\.\d+(?=[ ,:"\n]|$)/gm, '$1VERSION'],
]
