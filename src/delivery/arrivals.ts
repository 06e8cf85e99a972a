import type { Events } from '../engine/events.ts'
import type { Log } from '../engine/log-port.ts'
import type { Presence, Visit } from '../engine/presence.ts'
import { bringsOf, poolOf } from '../engine/rules.ts'
import { subscriptionProblem } from '../language/topic-filter.ts'
import { stepsFor } from '../plan/match.ts'
import type { Step } from '../plan/program.ts'
import type { Delivery } from './delivery.ts'
import type { Clock, Link } from './ports.ts'
import type { Session } from './session.ts'

/** A lookup that failed is asked again after so long. Milliseconds. */
const LOOKUP_RETRY_MS = 500

/** A client that was let in. */
export interface Arrival {
  readonly session: Session
  readonly visit: Visit
  /** Its connection, while that is its session's. */
  readonly link: Link
  readonly resumed: boolean
}

/** What is done when a client was let in, and subscriptions that others make for it (SPEC 5.2, 5.3). */
export class Arrivals {
  readonly #delivery: Delivery
  readonly #presence: Presence
  readonly #events: Events
  readonly #clock: Clock
  readonly #log: Pick<Log, 'warn'>

  constructor(options: { readonly delivery: Delivery, readonly presence: Presence, readonly events: Events, readonly clock: Clock, readonly log: Pick<Log, 'warn'> }) {
    this.#delivery = options.delivery
    this.#presence = options.presence
    this.#events = options.events
    this.#clock = options.clock
    this.#log = options.log
  }

  /** CONNACK is on the wire: the hooks run, what is in flight goes out, and it is subscribed to what the rules look up. */
  arrived(arrival: Arrival): void {
    const { session, visit, resumed } = arrival
    this.#presence.connected(visit, { created: !resumed })
    this.#delivery.open(session)
    for (const pool of new Set(this.#lookups(arrival).map((step) => step.pool))) this.#bringSubscriptions(arrival, pool)
  }

  /** The rules of now that look for subscriptions of a client that came so. */
  #lookups({ resumed }: Arrival): readonly Step[] {
    const hooks = resumed ? ['client.connected'] as const : ['client.connected', 'session.created'] as const
    return hooks.flatMap((hook) => stepsFor(this.#delivery.rules.program, hook)).filter((step) => bringsOf(step) === 'subscriptions')
  }

  /**
   * `on_subscribe_lookup` in the pool of that name: as if the client had asked itself; its own SUBSCRIBE wins (SPEC 5.2).
   * A reload may put another pool in the place of one that did not answer.
   */
  #bringSubscriptions(arrival: Arrival, name: string): void {
    const lookups = this.#lookups(arrival).filter((step) => step.pool === name)
    if (lookups.length === 0) return
    const { session, link } = arrival
    const { clientid } = session
    const pool = poolOf(this.#delivery.rules, name)
    pool.proxySubscriptions(clientid, (rows) => {
      if (session.link !== link) return
      if (rows instanceof Error) {
        if (pool.ready) this.#events.refused(lookups, rows)
        this.#clock.after(LOOKUP_RETRY_MS, () => { if (session.link === link) this.#bringSubscriptions(arrival, name) })
        return
      }
      for (const [topic, written] of rows) {
        if (subscriptionProblem(topic) !== undefined) {
          this.#log.warn({ clientid, filter: topic, pool: name }, 'a proxy subscription was left out: its filter cannot be served')
          continue
        }
        this.subscribe(session, topic, clampQos(written))
      }
      this.#events.brought(lookups)
    })
  }

  /** A subscription that somebody else makes. What the client has asked for itself stays as it is. */
  subscribe(session: Session, filter: string, qos: 0 | 1 | 2): void {
    const known = session.subscriptions.get(filter)
    if (known?.own === true) return
    const subscription = this.#delivery.subscribe(session, filter, qos, { own: false })
    this.#delivery.subscribed(session, subscription, { resumed: known !== undefined })
  }
}

/** `mqtt:sub:` holds text: what is no QoS is 0, what is above 2 is 2 (SPEC 3). */
function clampQos(written: string): 0 | 1 | 2 {
  const qos = Math.trunc(Number(written))
  return qos >= 2 ? 2 : qos === 1 ? 1 : 0
}
