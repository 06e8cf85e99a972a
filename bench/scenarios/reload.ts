import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileOf } from '../brokers/hookline.ts'
import type { Run } from '../run.ts'
import { PACE, publish, warmUp } from './publish.ts'

/** Between two reloads. Milliseconds. */
const EVERY_MS = 250

/** What publishers notice when the rules change under them again and again. */
export async function reloadUnderLoad(run: Run): Promise<void> {
  const { broker, folder, lengths, measure, redisPort, subject: { rules = '' } } = run
  const paced = (): ReturnType<typeof publish> => publish(run, { forMs: lengths.phaseMs, perSecond: PACE })
  await warmUp(run, { qos: 1 })
  await measure('paced', paced)
  await measure('paced, reloads', async () => {
    let reloads = 0
    const timer = setInterval(() => {
      writeFileSync(join(folder, 'rules.conf'), fileOf(rules.replaceAll('3600', String(3_601 + reloads++ % 2)), { redisPort, port: broker.port }))
      broker.child.process.kill('SIGHUP')
    }, EVERY_MS)
    try {
      const measured = await paced()
      return { ...measured, more: { reloads: broker.child.printed().split('"msg":"reload applied"').length - 1 } }
    } finally {
      clearInterval(timer)
    }
  })
}
