import type { Connections, Qos } from '../load/orders.ts'
import type { Run } from '../run.ts'

/** Connections that publish, and what each has under way: what the figures before hookline were measured with. */
const PUBLISHERS = 8
const IN_FLIGHT = 64
/** What a sensor sends with its names. */
const PAYLOAD_BYTES = 100
/** Of the paced phases: what a broker of a house or a plant may get. */
const PACE = 3_000
/** For phases that end by time, or by number. */
const ANY = Number.MAX_SAFE_INTEGER

export type Phase = 'saturated' | 'paced'

export interface Publishers {
  readonly qos: Qos
  readonly phases: readonly Phase[]
  readonly topics?: readonly string[]
  readonly retain?: boolean
  readonly subscribers?: Partial<Connections['subscribers']>
}

/** Publishers that send what they may, or 3,000 a second together, after a warm-up. */
export function publishing({ qos, phases, topics = ['bench/{n}'], retain = false, subscribers = {} }: Publishers): (run: Run) => Promise<void> {
  return async ({ broker, load, lengths, measure }) => {
    await load.carryOut({
      do: 'connect',
      connect: {
        port: broker.port,
        publishers: { count: PUBLISHERS, qos, topics, retain, payloadBytes: PAYLOAD_BYTES, inFlight: IN_FLIGHT, until: 'delivered' },
        subscribers: { count: 0, qos, clean: true, filter: 'bench/#', ackDelayMs: 0, ...subscribers },
      },
    })
    await load.carryOut({ do: 'publish', publish: { messages: lengths.warmUp, forMs: ANY, perSecond: 0 } })
    for (const phase of phases) {
      const perSecond = phase === 'paced' ? PACE : 0
      await measure(phase, () => load.carryOut({ do: 'publish', publish: { messages: ANY, forMs: lengths.phaseMs, perSecond } }))
    }
  }
}
