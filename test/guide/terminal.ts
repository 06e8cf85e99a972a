import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { linesOf } from './printed.ts'

/** How long a command may take to end once it was told to. Milliseconds. */
const END_MS = 15_000

/** A command that runs in a terminal of its own, so that it prints what it would print for a person. */
export class TerminalCommand {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #ended: Promise<unknown>
  #output = ''

  /** `script` (util-linux) makes the terminal; it ends when the command does. */
  constructor(command: string, options: { readonly cwd: string, readonly env: NodeJS.ProcessEnv }) {
    this.#child = spawn('script', ['-qfec', `stty cols 120 rows 40; ${command}`, '/dev/null'], options)
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => { this.#output += text })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => { this.#output += text })
    // who has ended reads no more
    this.#child.stdin.on('error', () => {})
    this.#ended = once(this.#child, 'close')
  }

  /** What it has printed. */
  get lines(): readonly string[] {
    return linesOf(this.#output)
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#child.stdin.write('\u0003')
  }

  /** Waits until it has ended by itself; false if it does not. */
  async ends(deadlineMs: number): Promise<boolean> {
    const late = new AbortController()
    await Promise.race([this.#ended, sleep(deadlineMs, undefined, { signal: late.signal }).catch(() => {})])
    late.abort()
    return this.hasEnded
  }

  /** Ends it if it still runs. */
  async end(): Promise<void> {
    if (!this.hasEnded) this.interrupt()
    if (!await this.ends(END_MS)) this.#child.kill('SIGKILL')
    await this.#ended
  }
}
