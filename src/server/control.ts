import { once } from 'node:events'
import { chmod, rename, unlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Log } from '../engine/log-port.ts'
import { brokerSockets, makeControlFolder, socketName } from './control-folder.ts'
import { serveRoutes, type Route } from './serve-routes.ts'

/** The socket on which `hookline reload`, `status` and `redis` find this broker (SPEC 5.1). */
export interface Control {
  /** From now on it is not found; whoever still waits for an answer is cut off. May be called again. */
  close(): Promise<void>
}

/** Commands at one time. */
const MAX_CONNECTIONS = 64
/** Within so long a command has said what it wants. Milliseconds. */
const REQUEST_MS = 10_000

/**
 * Registers this broker in the user's runtime folder. A broker that cannot be registered runs all
 * the same: that is logged.
 */
export async function openControl(options: {
  /** Unique per broker process. */
  readonly boot: string
  readonly routes: readonly Route[]
  readonly log: Log
}): Promise<Control> {
  try {
    return await register(options)
  } catch (error) {
    options.log.warn({ err: error }, 'there is no control socket: hookline reload, status and redis will not find this broker')
    return { async close() {} }
  }
}

async function register({ boot, routes, log }: Parameters<typeof openControl>[0]): Promise<Control> {
  const folder = await makeControlFolder()
  // for the removal of what killed brokers have left
  await brokerSockets()
  const path = join(folder, socketName(boot))
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, serveRoutes(routes, log))
  server.maxConnections = MAX_CONNECTIONS
  // it is to be found under its name only when it listens
  const unnamed = `${path}.new`
  server.listen(unnamed)
  await once(server, 'listening')
  server.on('error', (error) => { log.error({ err: error }, 'the control socket fails') })
  server.unref()
  await chmod(unnamed, 0o600)
  await rename(unnamed, path)
  let closing: Promise<void> | undefined
  return { close: () => closing ??= close() }

  async function close(): Promise<void> {
    // by its new name Node does not know it
    await unlink(path).catch((error: unknown) => { log.warn({ err: error }, 'the control socket cannot be removed') })
    server.close()
    server.closeAllConnections()
  }
}
