import { createServer } from 'node:net'
import type { Aedes } from 'aedes'

/** Ports, as the conductor gives them. */
export const [PORT, REDIS_PORT] = process.argv.slice(2).map(Number)

/** Takes connections, and says so. */
export function serve(broker: Aedes): void {
  broker.on('clientError', (client, error) => { console.error(`${client.id}: ${error.message}`) })
  createServer({ noDelay: true }, broker.handle).listen(PORT, '127.0.0.1', () => { console.log('ready') })
}
