import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, vi } from 'vitest'

const MAIN = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url))

export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

export interface HooklineProcess {
  readonly pid: number
  readonly stdout: () => string
  readonly stderr: () => string
  /** What `start` tells whoever typed it, in one write after the log line `ready`. */
  greeting(): Promise<string>
  /** The exit code, once it has ended. */
  readonly exit: Promise<number | null>
  signal(name: NodeJS.Signals): void
  /** Lines of the log whose message begins so; waits for as many as asked. */
  lines(message: string, atLeast: number): Promise<readonly LogLine[]>
}

/** The built command as a process of its own, ended after the test if it still runs. `folder`: where it is started. */
export function hookline(args: readonly string[], env: NodeJS.ProcessEnv = {}, folder?: string): HooklineProcess {
  const started = startHookline(args, env, folder)
  onTestFinished(() => started.end())
  return started
}

/** The same for who ends it: tests that run side by side each know only their own end. */
export function startHookline(args: readonly string[], env: NodeJS.ProcessEnv = {}, folder?: string): HooklineProcess & { end(): Promise<void> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  const exit = once(child, 'close').then(() => child.exitCode)
  const linesNow = (message: string): LogLine[] => stderr.split('\n')
    .filter(line => line.startsWith('{') && line.endsWith('}'))
    .map(line => JSON.parse(line) as LogLine) // what pino writes
    .filter(line => line.msg.startsWith(message))
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    async greeting() {
      await vi.waitFor(() => { expect(stdout, stderr).not.toBe('') }, 15_000)
      return stdout
    },
    exit,
    async end() {
      if (child.exitCode === null) child.kill('SIGTERM')
      await exit
    },
    signal(name) { child.kill(name) },
    async lines(message, atLeast) {
      await vi.waitFor(() => { expect(linesNow(message).length, stderr).toBeGreaterThanOrEqual(atLeast) }, 15_000)
      return linesNow(message)
    },
  }
}

/** What it says, without what differs from run to run; the folder of its rules may be named from here. */
export function masked(text: string): string {
  return text.replaceAll(/(?<=127\.0\.0\.1:|-p )\d+/g, 'PORT').replaceAll(/[./\w-]*\bhookline-\w{6}(?=\/)/g, 'FOLDER')
}
