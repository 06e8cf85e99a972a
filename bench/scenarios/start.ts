import { noFigures } from '../load/orders.ts'
import type { Run } from '../run.ts'

/** How long a broker takes to be ready; that it is started is all. */
export async function startToReady({ readyMs, measure }: Run): Promise<void> {
  await measure('start', () => Promise.resolve({ figures: noFigures(0), more: { readyMs } }))
}
