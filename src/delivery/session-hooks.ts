import type { Events } from '../engine/events.ts'
import { effectsOf, runs, type PoolEffects, type Rules } from '../engine/rules.ts'
import { withoutShare } from '../language/topic-filter.ts'
import { stepsFor } from '../plan/match.ts'
import type { Step } from '../plan/program.ts'
import type { Origin } from './outgoing.ts'
import type { Clock } from './ports.ts'
import type { Session } from './session.ts'
import type { Subscription } from './subscription.ts'
import type { InFlight } from './window.ts'

/** What rules do when something happens to a session: it subscribes, is sent a message, acknowledges one. */
export class SessionHooks {
  readonly #events: Events
  readonly #clock: Clock

  constructor(events: Events, clock: Clock) {
    this.#events = events
    this.#clock = clock
  }

  /** Remembers the event, whether or not a rule runs on it. `resumed`: a session that came back has brought it along. */
  noteSubscribed({ clientid, username }: Session, { filter, qos }: Subscription, options: { readonly resumed: boolean }): void {
    this.#events.recent.happened({ hook: 'session.subscribed', clientid, username, topic: withoutShare(filter), qos, ...options })
  }

  subscribed(rules: Rules, session: Session, { filter, qos }: Subscription, steps: readonly Step[]): void {
    if (steps.length === 0) return
    this.#events.fire(rules, steps, {
      hook: 'session.subscribed', ...this.#about(rules, session), topic: withoutShare(filter), qos,
    }, orderOf(session))
  }

  unsubscribed(rules: Rules, session: Session, filter: string): void {
    this.#events.recent.happened({ hook: 'session.unsubscribed', clientid: session.clientid, username: session.username, topic: withoutShare(filter) })
    const steps = stepsFor(rules.program, 'session.unsubscribed', filter)
    if (steps.length > 0) {
      this.#events.fire(rules, steps, {
        hook: 'session.unsubscribed', ...this.#about(rules, session), topic: withoutShare(filter),
      }, orderOf(session))
    }
  }

  delivered(rules: Rules, session: Session, msgid: string, topic: string, qos: 0 | 1 | 2): void {
    const { program } = rules
    this.#events.recent.happened({ hook: 'message.delivered', clientid: session.clientid, username: session.username, topic, msgid, qos })
    if (program.steps['message.delivered'].length === 0) return
    const steps = stepsFor(program, 'message.delivered', topic)
    if (steps.length === 0) return
    this.#events.fire(rules, steps, {
      hook: 'message.delivered', ...this.#about(rules, session), topic, msgid, qos,
    }, orderOf(session))
  }

  /** Runs on the rules of now; the effects on a covered message go to the pool it came from. */
  acked(rules: Rules, session: Session, message: InFlight, position: string | undefined): void {
    const { origin, topic, msgid, qos } = message
    this.#events.recent.happened({ hook: 'message.acked', clientid: session.clientid, username: session.username, topic, msgid, qos })
    const steps = stepsFor(rules.program, 'message.acked', topic)
    if (steps.length === 0) return
    this.#events.matched(steps)
    const shares = effectsOf(rules, steps, { hook: 'message.acked', ...this.#about(rules, session), topic, msgid, qos })
    for (const share of shares) {
      if (share.effects.some(({ kind }) => kind === 'ack-latest')) session.noteAcked(msgid, undefined)
      if (origin === undefined || origin.pool.name !== share.pool.name) {
        const passes = !session.lanes.mayOwe(share.pool, topic) && !session.hasOlderInFlight(topic, msgid)
        this.#events.submit(passes ? share : withPosition(share, undefined), orderOf(session))
        continue
      }
      const { run } = origin
      const kept = run === undefined ? share : withPosition(share, position)
      if (run !== undefined && kept.effects.length > 0) run.submitted()
      this.#events.submit({ ...kept, pool: origin.pool }, orderOf(session), run?.answered)
    }
  }

  /** Nothing is acknowledged now: only the note of it is written, which something older has held up. */
  passed(rules: Rules, session: Session, { pool, run }: Origin, topic: string, position: string): void {
    const steps = stepsFor(rules.program, 'message.acked', topic)
      .filter((step) => step.pool === pool.name && runs(step, 'on_message_acked_for_pubsub'))
    this.#events.matched(steps)
    for (const share of effectsOf(rules, steps, { hook: 'message.acked', ...this.#about(rules, session), topic, msgid: position, qos: 1 })) {
      run?.submitted()
      this.#events.submit({ ...share, pool }, orderOf(session), run?.answered)
    }
  }

  #about(rules: Rules, session: Session): { clientid: string, username: string | undefined, node: string, ts: number } {
    return {
      clientid: session.clientid, username: session.username,
      node: rules.program.settings.nodeName, ts: Math.floor(this.#clock.now() / 1000),
    }
  }
}

/** Of a session's effects: its connection's, while there is one. A connection that has ended must not be held by what outlives it. */
function orderOf(session: Session): object {
  return session.link ?? session
}

/** The position that an acknowledgement allows instead of the acknowledged message: none while an older one is out. */
function withPosition(share: PoolEffects, position: string | undefined): PoolEffects {
  const kept: PoolEffects = { pool: share.pool, effects: [], steps: [] }
  share.effects.forEach((effect, i) => {
    const step = share.steps[i]
    if (step === undefined || (effect.kind === 'ack-pubsub' && position === undefined)) return
    kept.effects.push(effect.kind === 'ack-pubsub' && position !== undefined ? { ...effect, msgid: position } : effect)
    kept.steps.push(step)
  })
  return kept
}
