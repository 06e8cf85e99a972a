import type { Run } from '../run.ts'
import { publish, warmUp } from './publish.ts'

const MESSAGES = 50_000

/** What a stored message costs Redis, and what it would cost if its commands came in long pipelines from nobody's hand. */
export async function redisLimit(run: Run): Promise<void> {
  const { load, lengths, measure, redisPort } = run
  await warmUp(run, { qos: 1 })
  await measure('through the broker', () => publish(run, { forMs: lengths.phaseMs }))
  await measure('pipelined', async () => ({ figures: await load.carryOut({ do: 'pipeline', redisPort, messages: MESSAGES }) }))
}
