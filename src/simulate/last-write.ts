import type { RecentEvent, RecentLook } from '../engine/recent-events.ts'
import { stepsFor } from '../plan/match.ts'
import { ruleName } from '../plan/program-changes.ts'
import type { Program } from '../plan/program.ts'
import { replayedEvent } from './replayed-event.ts'
import { traceStep } from './trace.ts'

/** When and by what a key was last written, as far as recent events tell. */
export interface LastWrite {
  /** Such as `message.publish.1`. */
  readonly rule: string
  readonly does: 'writes' | 'deletes' | 'expires'
  readonly event: RecentEvent
}

/** Searches recent events for one key, newest first, some at a time. */
export class LastWriteSearch {
  readonly #program: Program
  readonly #events: readonly RecentEvent[]
  readonly #key: string
  #left: number

  constructor(program: Program, { events }: RecentLook, key: string) {
    this.#program = program
    this.#events = events
    this.#key = key
    this.#left = events.length
  }

  /** Looks at so many more events: the write, or undefined if it is none of them; null if there are none left. */
  take(count: number): LastWrite | undefined | null {
    for (let i = 0; i < count; i++) {
      const event = this.#events[--this.#left]
      if (event === undefined) return null
      const write = this.#writeBy(event)
      if (write !== undefined) return write
    }
    return undefined
  }

  #writeBy(recent: RecentEvent): LastWrite | undefined {
    const { event } = replayedEvent(recent, this.#program.settings.nodeName)
    for (const step of stepsFor(this.#program, recent.hook, recent.topic).toReversed()) {
      // what brings something writes nothing, so that a resumed session is of no account
      const trace = traceStep(step, event)
      if (trace.result !== 'works' || recent.resumed === true) continue
      const touch = trace.keys.findLast(({ key, does }) => key === this.#key && does !== 'reads')
      if (touch !== undefined && touch.does !== 'reads') return { rule: ruleName(step), does: touch.does, event: recent }
    }
    return undefined
  }
}
