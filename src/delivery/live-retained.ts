import type { MessageRecord } from '../actions/message-record.ts'
import { matchesTopic } from '../language/topic-filter.ts'
import { LazyMap } from './lazy.ts'

/** Retained messages that went out live during a lookup, remembered at most; beyond, one may come twice. */
const LIVE_RETAINED = 1000

/** Which retained messages have gone out live while one connection's lookups, which may find them too, were on their way. */
export class LiveRetained {
  /** By filter: how many there are, and the retained messages that went out live meanwhile. */
  readonly #pending = new LazyMap<string, { count: number, live: Set<string> | undefined }>()

  /** A lookup for a filter is on its way, until its end. `wentOut`: the message went out live meanwhile. */
  begin(filter: string): { readonly wentOut: (msgid: string) => boolean, readonly end: () => void } {
    const pending = this.#pending.get(filter) ?? { count: 0, live: undefined }
    pending.count++
    this.#pending.set(filter, pending)
    return {
      wentOut: (msgid) => pending.live?.has(msgid) === true,
      end: () => {
        pending.count--
        if (pending.count === 0 && this.#pending.get(filter) === pending) this.#pending.delete(filter)
      },
    }
  }

  /** A retained message was published. */
  noteLive(record: MessageRecord): void {
    for (const [filter, pending] of this.#pending) {
      if (!matchesTopic(filter, record.topic)) continue
      pending.live ??= new Set()
      if (pending.live.size < LIVE_RETAINED) pending.live.add(record.id)
    }
  }
}
