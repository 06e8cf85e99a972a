import type { Connections, Qos } from '../load/orders.ts'
import type { Run } from '../run.ts'

/** Connections that publish, and what each has under way: what the figures before hookline were measured with. */
const PUBLISHERS = 8
const IN_FLIGHT = 64
/** What a sensor sends with its names. */
const PAYLOAD_BYTES = 100
/** Messages a second of all publishers together, where they are not to send what they can. */
const PACE = 3_000
/**
 * Before a paced phase counts: by what is saturated a broker that puts messages together has hardly been
 * warmed up for it, because what it does for all of them together has come some hundred times only. Milliseconds.
 */
const PACED_WARM_UP_MS = 4_000
/** Where a phase does not end by number, or by time. */
export const NO_END = Number.MAX_SAFE_INTEGER

export interface Publishers {
  readonly qos: Qos
  /** Of publisher `{n}`. */
  readonly topics?: readonly string[]
  readonly retain?: boolean
  readonly until?: Connections['publishers']['until']
  readonly subscribers?: Partial<Connections['subscribers']>
}

/** Connects publishers, and subscribers if there are any, and warms the broker up. */
export async function warmUp({ broker, load, lengths }: Run, { qos, topics = ['bench/{n}'], retain = false, until = 'delivered', subscribers = {} }: Publishers): Promise<void> {
  await load.carryOut({
    do: 'connect',
    connect: {
      port: broker.port,
      publishers: { count: PUBLISHERS, qos, topics, retain, payloadBytes: PAYLOAD_BYTES, inFlight: IN_FLIGHT, until },
      subscribers: { count: 0, qos, clean: true, filter: 'bench/#', ackDelayMs: 0, ...subscribers },
    },
  })
  await publish({ load }, { messages: lengths.warmUp })
}

export async function publish({ load }: Pick<Run, 'load'>, { messages = NO_END, forMs = NO_END, perSecond = 0 }) {
  return { figures: await load.carryOut({ do: 'publish', publish: { messages, forMs, perSecond } }) }
}

/** 3,000 messages a second; {@link warmUpPaced} goes before it. */
export function paced(run: Run): ReturnType<typeof publish> {
  return publish(run, { forMs: run.lengths.phaseMs, perSecond: PACE })
}

export async function warmUpPaced(run: Run): Promise<void> {
  await publish(run, { forMs: PACED_WARM_UP_MS, perSecond: PACE })
}

/** As much as the broker takes, then 3,000 messages a second. */
export function saturatedAndPaced(publishers: Publishers): (run: Run) => Promise<void> {
  return async (run) => {
    const { measure, lengths: { phaseMs } } = run
    await warmUp(run, publishers)
    await measure('saturated', () => publish(run, { forMs: phaseMs }))
    await warmUpPaced(run)
    await measure('paced', () => paced(run))
  }
}

/** As much as the broker takes, so many messages that a slow subscriber has them soon after. */
export function saturatedUntil(messages: number, publishers: Publishers): (run: Run) => Promise<void> {
  return async (run) => {
    await warmUp({ ...run, lengths: { ...run.lengths, warmUp: Math.min(run.lengths.warmUp, messages) } }, publishers)
    await run.measure('saturated', () => publish(run, { messages }))
  }
}
