import type { Events } from '../engine/events.ts'
import { bringsOf, poolOf, type Rules } from '../engine/rules.ts'
import { isWildcard } from '../language/topic-filter.ts'
import { stepsFor } from '../plan/match.ts'
import type { Step } from '../plan/program.ts'
import { fetchesOf } from './coverage.ts'
import type { Clock, Pool } from './ports.ts'
import type { RetainedMemory } from './retained-memory.ts'
import type { Session } from './session.ts'
import type { Subscription } from './subscription.ts'

/** Retained messages that scans of one session look up at once, or one each: every one may be as large as a message may be. */
const LOOKUPS = 32

/** One question of `on_retain_lookup`. */
interface Question {
  readonly session: Session
  readonly subscription: Subscription
  readonly pool: Pool
  readonly topic: string
  /** What has gone out live since the look into the index began that found the topic. */
  readonly wentOut?: (msgid: string) => boolean
  /** The rules that ask. */
  readonly steps: readonly Step[]
  /** Redis has answered, or the same is being asked already. */
  readonly answered: () => void
  /** It is over, with or without an answer. */
  readonly settled: () => void
}

/** What the lookups need of the delivery around them. */
export interface RetainedLookupsPorts {
  readonly memory: RetainedMemory
  readonly events: Events
  readonly clock: Clock
  /** Those of now. */
  rules(): Rules
  /** The session has something to do at the end of this turn. */
  wants(session: Session): void
}

/** Brings a new subscription the retained messages that there are, in memory and where rules look for them (`on_retain_lookup`); then it fetches what is stored. */
export class RetainedLookups {
  readonly #ports: RetainedLookupsPorts

  constructor(ports: RetainedLookupsPorts) {
    this.#ports = ports
  }

  /** What is there already: the retained messages, from memory and from each pool that a rule looks into, and what is stored. */
  bring(session: Session, subscription: Subscription, steps: readonly Step[]): void {
    const { filter, qos } = subscription
    session.sendRetained(`memory ${filter}`, this.#ports.memory.matching(filter), qos)
    const lookups = steps.filter((step) => bringsOf(step) === 'retained')
    const looked = new Set(lookups.map((step) => poolOf(this.#ports.rules(), step.pool)))
    const asking = (pool: Pool) => lookups.filter((step) => step.pool === pool.name).slice()
    if (!isWildcard(filter)) {
      session.lanes.fetch(subscription)
      for (const pool of looked) {
        const asked = asking(pool)
        this.#ask({ session, subscription, pool, topic: filter, steps: asked, answered: () => this.#ports.events.brought(asked), settled: () => {} })
      }
      return
    }
    // a message that is retained and stored goes out once, flagged, in its stored place: so its pool's
    // retained messages are looked up before its stored ones
    const before = [...looked].filter((pool) => fetchesOf(this.#ports.rules(), [filter]).some((fetch) => fetch.pool === pool))
    let left = before.length
    if (left === 0) session.lanes.fetch(subscription)
    for (const pool of looked) {
      const asked = asking(pool)
      this.#scan({ session, subscription, pool, steps: asked }, () => {
        this.#ports.events.brought(asked)
        if (before.includes(pool) && --left === 0) session.lanes.fetch(subscription)
      })
    }
  }

  #scan(asked: Omit<Question, 'topic' | 'answered' | 'settled'>, done: () => void): void {
    const { session, subscription, pool, steps } = asked
    const lookup = session.lookup(subscription.filter)
    /** Topics of a page that are yet to be looked up, and how many are. */
    let topics: string[] = []
    let asking = 0
    // what waits in memory is bounded: of a page a few at once, and the next page when this one has gone out
    const next = () => {
      while (session.hasRoomForRetained && (asking === 0 || session.asked.size < LOOKUPS)) {
        const topic = topics.shift()
        if (topic === undefined) return
        asking++
        this.#ask({
          ...asked, topic, wentOut: lookup.wentOut, answered: () => {},
          settled: () => {
            asking--
            session.whenMemoryEmpty(() => {
              scan.settled(topic)
              next()
            })
            next()
          },
        })
      }
      // what fills the memory may be another scan's
      if (topics.length > 0 && asking === 0) session.whenMemoryEmpty(next)
    }
    const scan = session.lanes.walk({
      filter: subscription.filter,
      pool,
      index: 'retained',
      visit: (topic) => {
        topics.push(topic)
        if (topics.length === 1) queueMicrotask(next)
        return true
      },
      done: () => {
        lookup.end()
        done()
      },
      stopped: () => {
        topics = []
        lookup.end()
      },
      refused: (error) => this.#ports.events.refused(steps, error),
    })
  }

  #ask(asked: Question): void {
    const { session, subscription, pool, topic, steps, wentOut, answered, settled } = asked
    const { link } = session
    const question = `${pool.name} ${topic}`
    if (session.asked.has(question)) {
      answered()
      return settled()
    }
    session.asked.add(question)
    const cover = subscription.qos > 0 ? session.lanes.logCover(pool, topic) : undefined
    const lane = cover === undefined ? undefined : session.lanes.log(pool, topic)
    let pending = true
    // the lookup says which entry of the log carries the flag
    const waits = () => pending
    if (lane !== undefined) lane.waitsFor = [...lane.waitsFor, waits]
    const lookup = session.lookup(topic)
    const settle = () => {
      pending = false
      // of a connection that has ended nothing is in there any more; it may be the next one's
      if (session.link === link) session.answered(question)
      if (lane !== undefined) lane.waitsFor = lane.waitsFor.filter((other) => other !== waits)
      lookup.end()
      this.#ports.wants(session)
      settled()
    }
    const ask = () => pool.retained({
      topic,
      reader: cover === undefined || cover.kind === 'latest' ? undefined : { kind: cover.kind, clientid: session.clientid, after: lane?.at },
      done: (found) => {
        // unsubscribed meanwhile, and perhaps subscribed again: that one took this question for its own [MQTT-3.10.4-2]
        const now = session.subscriptions.get(subscription.filter)
        if (session.link !== link || link === undefined || now === undefined) return settle()
        if (found instanceof Error) {
          if (pool.ready) this.#ports.events.refused(steps, found)
          // asked again until it is answered or the client is gone; the pool may be away for long
          this.#ports.clock.after(500, () => {
            if (session.link !== link) return settle()
            const instead = this.#ports.rules().pools.get(pool.name)
            if (instead === pool) return ask()
            settle()
            // a reload has put another in its place
            if (instead !== undefined && this.#looksUp(subscription, pool.name)) this.#ask({ ...asked, pool: instead, settled: () => {} })
          })
          return
        }
        answered()
        if (found !== undefined) {
          const reader = found.inLogAt === undefined ? undefined : session.lanes.logFor(pool, topic)
          if (reader !== undefined && found.inLogAt !== undefined) reader.flagRetained(found.record, found.inLogAt)
          else if (!lookup.wentOut(found.record.id) && wentOut?.(found.record.id) !== true) session.sendLookedUp(question, found.record, now.qos)
        }
        settle()
      },
    })
    ask()
  }

  /** By the rules of now. */
  #looksUp({ filter }: Subscription, pool: string): boolean {
    return stepsFor(this.#ports.rules().program, 'session.subscribed', filter).some((step) => step.pool === pool && bringsOf(step) === 'retained')
  }
}
