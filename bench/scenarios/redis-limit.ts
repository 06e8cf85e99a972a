import type { Run } from '../run.ts'
import { publish, warmUp } from './publish.ts'

/**
 * What a stored message costs Redis, and what it would cost if its commands came in long pipelines from nobody's hand: as many, and
 * behind as many, because a Redis that grows moves what it has to larger tables.
 */
export async function redisLimit(run: Run): Promise<void> {
  const { load, lengths, measure, redisPort } = run
  await warmUp(run, { qos: 1 })
  let messages = 0
  await measure('through the broker', async () => {
    const stored = await publish(run, { forMs: lengths.phaseMs })
    messages = stored.figures.messages
    return stored
  })
  const first = lengths.warmUp
  await load.carryOut({ do: 'pipeline', redisPort, first: 0, messages: first })
  await measure('pipelined', async () => ({ figures: await load.carryOut({ do: 'pipeline', redisPort, first, messages }) }))
}
