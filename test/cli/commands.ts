import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hookline, type HooklineProcess } from '../server/hookline-process.ts'
import { tempFolder } from '../server/temp-folder.ts'
import { eventually } from '../support/eventually.ts'

const MAIN = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url))

/** What a command has written, and its exit code. */
export interface Ended {
  readonly code: number
  readonly out: string
  readonly bytes: Buffer
  readonly err: string
}

/** A running broker on a rules file of its own. */
export interface RunningBroker extends HooklineProcess {
  /** The rules file. */
  readonly file: string
  /** Of its TCP listener. */
  readonly port: number
}

/** The commands and brokers of one test: they see each other and no one else. */
export class Commands {
  /** In the place of the user's runtime folder. */
  readonly runtime = tempFolder()

  /** Runs the built command to its end. */
  run(...args: readonly string[]): Promise<Ended> {
    return this.#exec(process.execPath, [MAIN, ...args])
  }

  /** Runs a line of sh, in which `hookline` is the built command. */
  shell(line: string): Promise<Ended> {
    return this.#exec('sh', ['-c', `hookline() { "${process.execPath}" "${MAIN}" "$@"; }; ${line}`])
  }

  /** Starts a broker on these lines, on a free port, in the folder of its file, and waits until it can be asked. */
  async start(rules: string, env: NodeJS.ProcessEnv = {}): Promise<RunningBroker> {
    const folder = tempFolder()
    const file = join(folder, 'rules.conf')
    writeFileSync(file, `${rules}listener.tcp.external = 127.0.0.1:0\nlistener.ws.external = off\n`)
    const broker = hookline(['start', 'rules.conf'], { ...this.#env(), ...env }, folder)
    const [ready] = await broker.lines('ready', 1)
    const [listener] = ready?.['listeners'] as readonly { readonly port: number }[] | undefined ?? [] // its log says so
    return { ...broker, file, port: listener?.port ?? 0 }
  }

  /**
   * Runs a command on a broker whose watcher has not seen this change of its file yet: the broker
   * stands still until the command waits for it.
   */
  async runBeforeWatcher(broker: RunningBroker, change: (text: string) => string, ...args: readonly string[]): Promise<Ended> {
    broker.signal('SIGSTOP')
    writeFileSync(broker.file, change(readFileSync(broker.file, 'utf8')))
    const ended = this.run(...args)
    try {
      // its listening socket has one line, each connection another (proc(5), net/unix)
      await eventually('the command waits', () => readFileSync('/proc/net/unix', 'utf8').split(`${this.runtime}/hookline/broker-${broker.pid}-`).length > 2)
    } finally {
      broker.signal('SIGCONT')
    }
    return await ended
  }

  #exec(file: string, args: readonly string[]): Promise<Ended> {
    return new Promise((resolve) => {
      const child = execFile(file, args, { encoding: 'buffer', maxBuffer: Infinity, env: this.#env() }, (_, bytes, err) => {
        resolve({ code: child.exitCode ?? -1, out: bytes.toString(), bytes, err: err.toString() })
      })
    })
  }

  #env(): NodeJS.ProcessEnv {
    return { ...process.env, NO_COLOR: '1', XDG_RUNTIME_DIR: this.runtime }
  }
}
