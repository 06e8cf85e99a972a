import type { Writable } from 'node:stream'
import { Command } from 'ioredis'
import type { Call } from './connection.ts'
import { encodeCommand } from './resp.ts'

/** Called once, where the socket's data is read, or in `sendCommand` if it cannot be sent: with an error, or without and with the reply. */
export type Answered = (error: Error | null | undefined, reply: unknown) => void

/** What ioredis calls of a command; half of it is not declared (test/store/call-command.test.ts). */
interface Internals {
  isResolved: boolean
  isSettled: boolean
  transformed: boolean
  readonly callback: Answered
  readonly transformReply: (reply: unknown) => unknown
  readonly stringifyArguments: () => void
  readonly _clearTimers: () => void
}

/**
 * A command without a promise. ioredis gives each of its own one, and two closures that settle it, stored
 * in the constructor that makes them. What such an object reaches, here all messages of a round, V8 (of
 * Node 20) lets go in a full collection only: every small one before moves it about as if it were alive.
 */
class CallCommand extends Command {}
Object.assign(CallCommand.prototype, {
  initPromise(this: Internals): void {
    this.isResolved = false
    this.isSettled = false
    this.transformed = true
    this.stringifyArguments()
  },
  resolve(this: Internals, reply: unknown): void {
    // its answer comes after it was given up
    if (this.isSettled) return
    this._clearTimers()
    this.isResolved = true
    this.isSettled = true
    this.callback(null, this.transformReply(reply))
  },
  reject(this: Internals, error: Error): void {
    if (this.isSettled) return
    this._clearTimers()
    this.isSettled = true
    this.callback(error, undefined)
  },
})

/**
 * A command whose bytes are ready. ioredis itself makes a text or a buffer of every argument, which is
 * most of what a script call costs; it reads the arguments of none but commands that it knows specially.
 */
class EncodedCommand extends CallCommand {
  readonly #first: Buffer
  readonly #rest: readonly Buffer[]

  constructor({ name, args, more, binary }: Call, answered: Answered) {
    super(name, [], { replyEncoding: binary ? null : 'utf8' }, answered)
    const [first, ...rest] = encodeCommand(name, args, more)
    this.#first = first
    this.#rest = rest
  }

  /** ioredis writes at once what it is given, to the stream that it says. */
  override toWritable(stream: Writable): Buffer {
    let last = this.#first
    for (const next of this.#rest) {
      stream.write(last)
      last = next
    }
    return last
  }
}

/** For `sendCommand` of a connection of ioredis, which settles it. */
export function commandOf(call: Call, answered: Answered): Command {
  if (call.name === 'evalsha') return new EncodedCommand(call, answered)
  return new CallCommand(call.name, [...call.args], { replyEncoding: call.binary ? null : 'utf8' }, answered)
}
