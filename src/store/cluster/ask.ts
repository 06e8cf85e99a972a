import type { Answer, Call } from '../connection.ts'
import type { Failure } from '../failure.ts'
import type { Script } from '../scripts.ts'
import type { Key, Nodes, SendOptions } from './nodes.ts'

/** A call that has no good answer, where what comes next needs one. */
export class CallFailed extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** The reply to one call. Rejects with a {@link CallFailed}. */
export async function ask(nodes: Nodes, key: Key, call: Call): Promise<unknown> {
  return replyOf(await nodes.send(key, call))
}

/** The reply to a call; undefined if something else lives at its key than it wants. Rejects with a {@link CallFailed}. */
export async function askIfFit(nodes: Nodes, key: Key, call: Call): Promise<unknown> {
  const answer = await nodes.send(key, call)
  return !answer.ok && answer.failure.kind === 'lasting' ? undefined : replyOf(answer)
}

/** The replies to calls of keys in one slot, in order; see `Nodes.sendInOrder`. Rejects with a {@link CallFailed}. */
export async function askInOrder(nodes: Nodes, key: Key, calls: readonly Call[], options?: SendOptions): Promise<unknown[]> {
  return (await nodes.sendInOrder(key, calls, options)).map(replyOf)
}

export function replyOf(answer: Answer): unknown {
  if (!answer.ok) throw new CallFailed(answer.failure)
  return answer.reply
}

/** A command, whose texts come as texts. */
export function command(name: string, ...args: (string | Buffer)[]): Call {
  // in capitals, because by their lower-case names ioredis rewrites the arguments or the reply of some
  return { name: name.toUpperCase(), args, binary: false }
}

export function scriptCall(script: Script, keys: readonly string[], args: readonly (string | Buffer)[]): Call {
  return { name: 'evalsha', args: [script.sha, String(keys.length), ...keys, ...args], binary: false }
}

/** The elements of a list as texts; what is not there is empty. */
export function textsOf(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map((element: unknown) => typeof element === 'string' || typeof element === 'number' ? String(element) : '') : []
}

/** A text, or undefined where there is none. */
export function textOf(reply: unknown): string | undefined {
  return typeof reply === 'string' || typeof reply === 'number' ? String(reply) : undefined
}
