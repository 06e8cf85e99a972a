import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileOf } from '../brokers/hookline.ts'
import type { Run } from '../run.ts'
import { paced, warmUp, warmUpPaced } from './publish.ts'

/** Between two reloads. Milliseconds. */
const EVERY_MS = 250

/** What publishers notice when the rules change under them again and again. */
export async function reloadUnderLoad(run: Run): Promise<void> {
  const { broker, folder, measure, redisPort, subject: { rules = '' } } = run
  await warmUp(run, { qos: 1 })
  await warmUpPaced(run)
  await measure('paced', () => paced(run))
  await measure('paced, reloads', async () => {
    let reloads = 0
    const timer = setInterval(() => {
      writeFileSync(join(folder, 'rules.conf'), fileOf(rules.replaceAll('3600', String(3_601 + reloads++ % 2)), { redisPort, port: broker.port }))
      broker.child.process.kill('SIGHUP')
    }, EVERY_MS)
    try {
      const measured = await paced(run)
      return { ...measured, more: { reloads: broker.child.printed().split('"msg":"reload applied"').length - 1 } }
    } finally {
      clearInterval(timer)
    }
  })
}
