import type { Session } from './session.ts'

/** Characters of client ids and filters that they may have together; beyond, those longest away expire. */
const LENGTH = 32 * 1024 * 1024

/** Persistent sessions whose clients are away, longest away first. */
export class AwaySessions {
  readonly #sessions = new Set<Session>()
  #length = 0

  /** There are more than these, or they hold too much. */
  isTooMuch(mostSessions: number): boolean {
    return this.#sessions.size > mostSessions || this.#length > LENGTH
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#sessions.values()
  }

  add(session: Session): void {
    this.#sessions.add(session)
    this.#length += lengthOf(session)
  }

  /** Its client is no longer one that is away. Before its subscriptions change. */
  delete(session: Session): void {
    if (this.#sessions.delete(session)) this.#length -= lengthOf(session)
  }
}

function lengthOf({ clientid, filterLength }: Session): number {
  return clientid.length + filterLength
}
