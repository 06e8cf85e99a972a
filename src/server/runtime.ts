import { msgidMaker } from '../actions/msgid.ts'
import { Broker } from '../broker/broker.ts'
import type { Pool } from '../delivery/ports.ts'
import type { Log } from '../engine/log-port.ts'
import type { Program } from '../plan/program.ts'
import { systemClock } from './clock.ts'
import { listenerKey } from '../language/settings.ts'
import { type BoundListener, ListenError, type Runtime } from './runtime-port.ts'

/** A broker on these rules; nothing listens yet. `boot` is unique per process: the last 11 characters of its msgids. */
export async function createRuntime(options: {
  readonly program: Program
  readonly pools: ReadonlyMap<string, Pool>
  readonly boot: string
  readonly log: Log
}): Promise<Runtime> {
  const { program, pools, boot, log } = options
  // msgids go by the store's clock: a position that is gone is found again by the time in its id
  const [first] = pools.values()
  const msgidAt = msgidMaker(boot)
  const broker = new Broker({ rules: { program, pools }, log, clock: systemClock, nextMsgid: (now) => msgidAt(now + (first?.clockOffsetMs ?? 0)) })
  await broker.start()
  return {
    async listen(listeners, certificates) {
      const bound: BoundListener[] = []
      for (const listener of listeners) {
        const { address, path, origins, maxConnections, maxConnRate } = listener
        if (address === undefined) continue
        try {
          const open = await broker.listen({ address, path, origins, maxConnections, maxConnRate, certificate: certificates.get(listener) })
          bound.push({ listener, address: open.address, renew: certificate => open.renew(certificate) })
        } catch (error) {
          const cause = error as NodeJS.ErrnoException // Node's listen fails with its own kind of error only
          // no line asks for it: a second broker on a machine is no mistake
          if (listener.at === undefined && listener.kind === 'ws' && cause.code === 'EADDRINUSE') {
            log.warn({ listener: listenerKey(listener), ...address }, 'MQTT over WebSocket is off: something else listens there already; a line may name another address')
            continue
          }
          await broker.close()
          throw new ListenError(listener, cause)
        }
      }
      return bound
    },
    swap: (next, nextPools) => broker.swap({ program: next, pools: nextPools }),
    drained: (pool) => broker.drained(pool),
    abandon: (pool) => broker.abandon(pool),
    poolAway: (pool) => broker.poolAway(pool),
    poolBack: (pool, sameData) => broker.poolBack(pool, sameData),
    order: (pool, text) => broker.order(pool, text),
    wake: (pool, topic) => broker.wake(pool, topic),
    look: () => ({
      connections: broker.connections,
      sessions: broker.sessions,
      counters: broker.counters,
      closures: broker.closures,
      countsOf: (step) => broker.outcomes.countsOf(step),
    }),
    recent: () => broker.recent.look(),
    close: () => broker.close(),
  }
}
