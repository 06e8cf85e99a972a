import { fileURLToPath } from 'node:url'
import { startChild } from '../machine/child.ts'
import { freePort } from '../machine/free-port.ts'
import type { StartBroker } from './broker.ts'

/** One of the brokers of `peers/`, by the name of its file: it is told its port and that of Redis. */
export function nodePeer(name: 'plain-aedes' | 'bare-round-trip' | 'hand-written' | 'aedes-persistence-redis'): StartBroker {
  const file = fileURLToPath(new URL(`../peers/${name}.js`, import.meta.url))
  return async ({ redisPort }) => {
    const port = await freePort()
    const child = startChild({ core: 'broker', command: [process.execPath, file, String(port), String(redisPort)] })
    await child.says(/ready/)
    return { child, port }
  }
}
