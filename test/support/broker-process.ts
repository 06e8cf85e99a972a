import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.ts'
import { makeFolder, removeFolder } from './temp-folder.ts'

/** The build under test. */
export const DIST = fileURLToPath(new URL('../../dist', import.meta.url))

/** How long a broker may take to be ready, or to stop. Milliseconds. */
const READY_MS = 40_000

/** A line of the broker's log. */
export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

export interface BrokerOptions {
  /** Lines of the rules file; those of the listeners are added below them: WebSocket is off unless they say more. */
  readonly rules: string
  /** Folder of the build to run; a test that breaks the broker on purpose has its own. */
  readonly dist?: string
  /** A module that is loaded into it first. */
  readonly preload?: string
  /** Variables beside those of the test. */
  readonly env?: Readonly<Record<string, string>>
}

/** `hookline start` as a process of its own, on a rules file in a folder of its own. */
export class BrokerProcess {
  /** The rules file. */
  readonly file: string
  readonly #folder = makeFolder()
  readonly #main: string
  readonly #preload: readonly string[]
  readonly #env: Readonly<Record<string, string>>
  #rules: string
  #child: ChildProcess | undefined
  #port = 0
  #listeners: ReadonlyMap<string, number> = new Map()
  #stderr = ''
  #log: LogLine[] = []
  #runs = 0

  constructor(options: BrokerOptions) {
    this.file = join(this.#folder, 'rules.conf')
    this.#main = join(options.dist ?? DIST, 'bundle/main.js')
    this.#preload = options.preload === undefined ? [] : ['--import', options.preload]
    this.#env = options.env ?? {}
    this.#rules = options.rules
  }

  /** Of the listener: a free one at the first start, the same ever after. */
  get port(): number {
    return this.#port
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the broker does not run')
    return this.#child.pid
  }

  /** How often it was started. */
  get runs(): number {
    return this.#runs
  }

  /** All that was logged since the first start. */
  get log(): readonly LogLine[] {
    return this.#log
  }

  /** All that was written to stderr, for the message of a test that fails. */
  get stderr(): string {
    return this.#stderr
  }

  /** Starts it and waits until it listens. */
  async start(): Promise<void> {
    writeFileSync(this.file, this.fileWith(this.#rules))
    const child = spawn(process.execPath, [...this.#preload, this.#main, 'start', this.file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...this.#env },
    })
    this.#child = child
    this.#runs++
    let unfinished = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
      const lines = (unfinished + text).split('\n')
      unfinished = lines.pop() ?? ''
      // what pino writes; anything else is for people
      for (const line of lines) if (line.startsWith('{')) this.#log.push(JSON.parse(line) as LogLine)
    })
    const from = this.#log.length
    const ready = await eventually(() => `the broker is ready; it said:\n${this.#stderr}`, () => {
      if (child.exitCode !== null) throw new Error(`the broker ended with ${child.exitCode}:\n${this.#stderr}`)
      return this.#log.slice(from).find(({ msg }) => msg === 'ready')
    }, READY_MS)
    this.#listeners = listenersOf(ready)
    this.#port = this.portOf('tcp')
  }

  /** The real port of the listener of this kind. */
  portOf(kind: 'tcp' | 'ssl' | 'ws' | 'wss'): number {
    const port = this.#listeners.get(kind)
    if (port === undefined) throw new Error(`no ${kind} listener`)
    return port
  }

  /** The text of a rules file with these lines, as it stands on disk. */
  fileWith(rules: string): string {
    // several brokers at once would want its default port
    const webSocket = rules.includes('listener.ws.external') ? '' : 'listener.ws.external = off\n'
    return `${rules.trimEnd()}\nlistener.tcp.external = 127.0.0.1:${this.#port}\n${webSocket}`
  }

  /** The rules of the next start; a running broker's file is the test's to write. */
  set rules(rules: string) {
    this.#rules = rules
  }

  /** The first line of the log, from line `from` on, with this message and these fields. */
  waitForLog(msg: string, options: { readonly from?: number, readonly where?: (line: LogLine) => boolean, readonly deadlineMs?: number } = {}): Promise<LogLine> {
    const { from = 0, where = () => true, deadlineMs = 10_000 } = options
    return eventually(
      () => `a log line "${msg}"; since then it said:\n${this.#log.slice(from).map((line) => JSON.stringify(line)).join('\n')}`,
      () => this.#log.slice(from).find((line) => line.msg === msg && where(line)),
      deadlineMs,
    )
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  /** SIGKILL: it has no last words. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM; returns the exit code. */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM')
  }

  /** SIGKILL, then again on the same port. */
  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  /** Ends it however it is, and removes its folder. */
  async remove(): Promise<void> {
    await this.kill()
    removeFolder(this.#folder)
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined) return null
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit')
      child.kill(signal)
      const late = setTimeout(() => { child.kill('SIGKILL') }, READY_MS)
      await gone
      clearTimeout(late)
    }
    return child.exitCode
  }
}

/** Ports by kind. */
function listenersOf(ready: LogLine): ReadonlyMap<string, number> {
  const ports = new Map<string, number>()
  const { listeners } = ready
  for (const listener of Array.isArray(listeners) ? listeners as readonly unknown[] : []) {
    if (typeof listener === 'object' && listener !== null && 'kind' in listener && typeof listener.kind === 'string'
      && 'port' in listener && typeof listener.port === 'number') ports.set(listener.kind, listener.port)
  }
  return ports
}
