import { Command, Option } from 'commander'
import { brokerOption, findBroker } from './find-broker.ts'
import { statusText } from './status-text.ts'

export function statusCommand(): Command {
  return new Command('status')
    .description('say what a running broker does: its rules and what they have done, pools, listeners, clients')
    .addOption(brokerOption())
    .addOption(new Option('--json', 'all of it as JSON'))
    .addHelpText('after', `
MATCHED counts the events that a rule ran on since the broker started or the rule came; DONE those whose
work Redis has done. A rule that was moved, or given another topic, goes on counting. FAILED is what
Redis said no to; a rule that fetches or looks up asks again, so it may fail often and be done in the end.

Exit codes: 0 it was said, 2 no broker could be asked.`)
    .action(run)
}

async function run({ broker, json = false }: { readonly broker?: string, readonly json?: boolean }): Promise<void> {
  const found = await findBroker(broker)
  if (found === undefined) return
  // whoever reads it may have seen enough (`hookline status | head`)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  process.stdout.write(json ? `${JSON.stringify(found.status, null, 2)}\n` : statusText(found.status, Date.now()))
}
