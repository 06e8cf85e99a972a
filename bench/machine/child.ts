import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Core, onCore } from './cores.ts'

/** How long a process may take to end when asked, and to become ready. Milliseconds. */
const END_MS = 10_000
const READY_MS = 60_000

/** A process of ours, kept to its core; what it prints is kept for the message of a failure. */
export interface Child {
  readonly pid: number
  readonly process: ChildProcess
  /** All it has printed. */
  printed(): string
  /** Waits until it has printed this; the match. One that does not is ended. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Rejects when it ends without being asked. */
  readonly died: Promise<never>
  end(): Promise<void>
}

export interface ChildOptions {
  readonly core: Core
  readonly command: readonly [string, ...string[]]
  readonly env?: NodeJS.ProcessEnv
  /** With a channel for messages. */
  readonly channel?: boolean
}

/** Those that run: they end with us, however we end. */
const living = new Set<ChildProcess>()
process.on('exit', () => { for (const child of living) child.kill('SIGKILL') })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { process.exit(1) })

export function startChild({ core, command, env, channel = false }: ChildOptions): Child {
  const pinned = onCore(core, command)
  const child = spawn(pinned.command, pinned.args, {
    stdio: ['ignore', 'pipe', 'pipe', ...channel ? ['ipc' as const] : []],
    serialization: 'advanced',
    env: { ...process.env, ...env },
  })
  living.add(child)
  child.once('exit', () => { living.delete(child) })
  const name = command.slice(0, 3).join(' ')
  let printed = ''
  let asked = false
  const watchers = new Set<() => void>()
  const take = (text: string): void => {
    printed += text
    for (const watcher of watchers) watcher()
  }
  child.stdout?.setEncoding('utf8').on('data', take)
  child.stderr?.setEncoding('utf8').on('data', take)
  // rejects if it cannot even begin
  const ended = once(child, 'exit')
  const died = new Promise<never>((_, reject) => {
    ended.then(() => { if (!asked) reject(new Error(`${name}: it ended; it said:\n${printed}`)) }, reject)
  })
  // whoever waits for nothing has no interest in it
  died.catch(() => {})
  return {
    died,
    pid: child.pid ?? 0,
    process: child,
    printed: () => printed,
    async says(pattern) {
      let look = (): void => {}
      let late: NodeJS.Timeout | undefined
      try {
        return await new Promise((resolve, reject) => {
          look = () => {
            const match = pattern.exec(printed)
            if (match !== null) resolve(match)
          }
          watchers.add(look)
          late = setTimeout(() => {
            reject(new Error(`${name}: not ready within ${READY_MS} ms; it said:\n${printed}`))
            child.kill('SIGKILL')
          }, READY_MS)
          died.catch(reject)
          look()
        })
      } finally {
        clearTimeout(late)
        watchers.delete(look)
      }
    },
    async end() {
      asked = true
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      child.kill('SIGTERM')
      const late = setTimeout(() => { child.kill('SIGKILL') }, END_MS)
      await ended
      clearTimeout(late)
    },
  }
}
