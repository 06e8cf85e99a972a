import { once } from 'node:events'
import { rename, unlink } from 'node:fs/promises'
import { connect, createServer } from 'node:net'

/** A lock that is held as long as its process lives: a Unix socket that accepts connections. */
export interface LivingLock {
  release(): Promise<void>
}

/** Takes the lock at a path, from a dead owner too; undefined if a living process holds it. */
export async function takeLock(path: string): Promise<LivingLock | undefined> {
  // a second try after a dead owner's socket was removed; more only if others start at the same moment
  for (let tries = 0; tries < 5; tries++) {
    const lock = await listen(path)
    if (lock !== undefined) return lock
    if (await accepts(path)) return undefined
    await removeDead(path)
  }
  return undefined
}

/** Somebody accepts connections on this Unix socket. */
export function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    socket.once('error', () => { resolve(false) })
  })
}

async function listen(path: string): Promise<LivingLock | undefined> {
  const server = createServer((socket) => { socket.destroy() })
  server.listen(path)
  try {
    await once(server, 'listening')
  } catch (error) {
    if (isCode(error, 'EADDRINUSE')) return undefined
    throw error
  }
  // the lock alone keeps no process running
  server.unref()
  return {
    async release() {
      // Node removes the socket's file too
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

/**
 * Of two starts that both found the owner dead, the slower one must not remove the lock of the faster:
 * moving it aside first is atomic, and shows which of them it was.
 */
async function removeDead(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  if (await accepts(aside)) await rename(aside, path)
  else await unlink(aside)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
