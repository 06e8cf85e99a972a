import { resetPeak, peakMebibytes, residentMebibytes } from '../machine/process-usage.ts'
import type { Run } from '../run.ts'
import { publish, warmUp } from './publish.ts'

/** Messages wait for a subscriber that is away; it comes back and takes them. */
export function offlineFetch(messages: number): (run: Run) => Promise<void> {
  return async (run) => {
    const { broker, load, measure } = run
    const session = { port: broker.port, clientid: 'away', filter: 'queue/#' }
    // a broker that has never sent anything to anyone is cold
    await load.carryOut({ do: 'park', session })
    await warmUp(run, { qos: 1, topics: ['queue/{n}'], until: 'acked' })
    await load.carryOut({ do: 'fetch', session, messages: run.lengths.warmUp })

    await publish(run, { messages })
    await measure('fetch', async () => {
      const before = residentMebibytes(broker.child.pid)
      resetPeak(broker.child.pid)
      const figures = await load.carryOut({ do: 'fetch', session, messages })
      return { figures, more: { growthMiB: peakMebibytes(broker.child.pid) - before } }
    })
  }
}
