import { type Child, startChild } from '../machine/child.ts'
import { freePort } from '../machine/free-port.ts'

/**
 * A Redis for one run, empty. It writes nothing to disk: what a disk takes would be the same for all
 * who store, and more than what is measured here.
 */
export async function startRedis(): Promise<{ readonly port: number, readonly child: Child }> {
  const port = await freePort()
  const child = startChild({
    core: 'rest',
    command: ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
  })
  await child.says(/Ready to accept connections/)
  return { port, child }
}
