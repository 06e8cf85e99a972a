import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { eventually } from '../support/eventually.ts'

const MAIN = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url))

/** What a command has printed and how it ended. */
export interface Run {
  /** Null if a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs. */
export interface Running {
  readonly pid: number
  signal(name: NodeJS.Signals): void
  readonly stderr: () => string
  /** Waits until it has written this, to wherever. */
  said(text: string): Promise<void>
  readonly ended: Promise<Run>
}

/** How long a command may take to say or end anything. Milliseconds. */
const DEADLINE_MS = 20_000

/** The built command as a process; standard input has what is given. */
export function run(args: readonly string[], options: { readonly cwd: string, readonly env: NodeJS.ProcessEnv, readonly stdin?: string }): Running {
  const { cwd, env, stdin = '' } = options
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, NO_COLOR: '1', ...env }, stdio: 'pipe' })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  // one that ends at once reads nothing
  child.stdin.on('error', () => {}).end(stdin)
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }))
  return {
    pid: child.pid ?? 0,
    signal(name) { child.kill(name) },
    stderr: () => stderr,
    async said(text) {
      await eventually(() => `"${text}"; it said:\n${stdout}${stderr}`, () => {
        if (`${stdout}${stderr}`.includes(text)) return true
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${stdout}${stderr}`)
        return undefined
      }, DEADLINE_MS)
    },
    ended,
  }
}
