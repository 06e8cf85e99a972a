import type { Log } from '../../engine/log-port.ts'
import type { Address, PoolSpec } from '../../plan/program.ts'
import { connect, type Answer, type Call, type Connection } from '../connection.ts'
import type { Script } from '../scripts.ts'
import { openWay, type Way } from '../way.ts'

export interface NodeOptions {
  readonly spec: PoolSpec
  /** Relative files of TLS are below it. */
  readonly folder: string | undefined
  readonly scripts: readonly Script[]
  readonly log: Log
}

export interface NodeEvents {
  /** `sameData`: undefined the first time; see `ConnectionEvents`. */
  onUp(node: Node, sameData: boolean | undefined): void
  /** It was up, and its connection is lost: also of one that is down for the moment of a {@link Node.retry}. */
  onDown(node: Node): void
  onTrouble(node: Node, clause: string): void
}

export const NOT_CONNECTED: Answer = { ok: false, failure: { kind: 'refused', message: 'not connected' } }

/** One node of a cluster, over one ordered connection that is made anew for ever. Who makes it ends it. */
export class Node {
  readonly address: Address
  /** For messages. */
  readonly name: string
  /** Milliseconds that its clock is ahead of our steady one. */
  clockOffsetMs = 0
  /** Since the replicas were last asked for, something was written that must not be lost with it. */
  wrote = false
  /** Its last trouble will be the same tomorrow. */
  hopeless = false
  /** Milliseconds since 1970. */
  neededUntil = 0
  #up = false
  /** It was up on this connection. */
  #met = false
  readonly #connection: Connection
  readonly #way: Way
  readonly #events: NodeEvents
  #queue: { readonly calls: readonly Call[], readonly answered: (answers: readonly Answer[]) => void }[] = []

  constructor(address: Address, options: NodeOptions, events: NodeEvents) {
    this.address = address
    this.name = nameOf(address)
    this.#events = events
    const spec: PoolSpec = { ...options.spec, type: 'single', server: [address], database: 0 }
    this.#way = openWay({ spec, folder: options.folder, log: options.log })
    this.#connection = connect({ spec, line: this.#way.line(), scripts: options.scripts }, {
      onReady: (sameData, clockOffsetMs) => {
        this.#up = true
        this.#met = true
        this.hopeless = false
        this.clockOffsetMs = clockOffsetMs
        events.onUp(this, sameData)
      },
      onLost: () => { this.#fall() },
      onTrouble: (clause, final) => {
        this.hopeless = final
        events.onTrouble(this, clause)
      },
    })
  }

  get up(): boolean {
    return this.#up
  }

  /** Sends calls one behind the other; what is given in one turn of the event loop shares a write. Never rejects. */
  send(calls: readonly Call[]): Promise<readonly Answer[]> {
    if (!this.#up) return Promise.resolve(calls.map(() => NOT_CONNECTED))
    return new Promise((answered) => {
      if (this.#queue.length === 0) setImmediate(() => { this.#flush() })
      this.#queue.push({ calls, answered })
    })
  }

  /** It has refused: is asked after a moment whether it can work, and is down until then. */
  retry(delayMs: number): void {
    if (!this.#up) return
    this.#up = false
    this.#connection.retry(delayMs)
  }

  async end(): Promise<void> {
    this.#up = false
    this.#met = false
    await this.#connection.end()
    this.#way.end()
  }

  #fall(): void {
    const met = this.#met
    this.#up = false
    this.#met = false
    this.wrote = false
    if (met) this.#events.onDown(this)
  }

  #flush(): void {
    const queue = this.#queue
    this.#queue = []
    if (!this.#up) {
      for (const { calls, answered } of queue) answered(calls.map(() => NOT_CONNECTED))
      return
    }
    this.#connection.send(queue.flatMap(({ calls }) => calls), (answers) => {
      let from = 0
      for (const { calls, answered } of queue) answered(answers.slice(from, from += calls.length))
      // it is silent: what comes late must not be taken for the answer to something else
      if (answers.some((answer) => !answer.ok && answer.failure.kind === 'unknown')) this.#connection.drop()
    })
  }
}

export function nameOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
