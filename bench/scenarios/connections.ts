import { setTimeout as sleep } from 'node:timers/promises'
import { residentMebibytes } from '../machine/process-usage.ts'
import type { Run } from '../run.ts'

const STORM_WARM_UP = 5_000
const STORM = 6_000
const IDLE_WARM_UP = 1_000
const IDLE = 4_000
/** Until what connecting left behind is collected, as far as it ever is. Milliseconds. */
const SETTLE_MS = 1_000

/** Clients come, are let in, and go. */
export async function connectStorm({ broker, load, measure }: Run): Promise<void> {
  await load.carryOut({ do: 'storm', port: broker.port, connections: STORM_WARM_UP })
  await measure('storm', async () => ({ figures: await load.carryOut({ do: 'storm', port: broker.port, connections: STORM }) }))
}

/** Clients come and stay. */
export async function idleConnections({ broker, load, measure }: Run): Promise<void> {
  await load.carryOut({ do: 'storm', port: broker.port, connections: IDLE_WARM_UP })
  await measure('idle', async () => {
    await sleep(SETTLE_MS)
    const before = residentMebibytes(broker.child.pid)
    const figures = await load.carryOut({ do: 'idle', port: broker.port, connections: IDLE })
    await sleep(SETTLE_MS)
    const growth = residentMebibytes(broker.child.pid) - before
    return { figures, more: { perConnectionKiB: growth * 1_024 / figures.messages } }
  })
}
