import { once } from 'node:events'
import { unlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Log } from '../engine/log-port.ts'

/** A Redis in a thread of this process: what it holds is memory, and goes with it. */
export interface InProcess {
  /** Ends it, at once. May be called again. */
  stop(): Promise<void>
}

/** The compiled file, as tests that start it must know: Node 20 runs no TypeScript. By way of the folder above, which the bundle has too. */
const SERVER = new URL('../store/in-process-server.js', import.meta.url)
const FIRST_RESTART_MS = 100
const MAX_RESTART_MS = 5_000

/**
 * Starts js-redis-server on a Unix socket and waits until it listens; undefined if that optional
 * dependency is not installed. If its thread ends (a bug, no more memory) it is started again, empty.
 */
export async function startInProcess(socketPath: string, log: Log): Promise<InProcess | undefined> {
  let thread: Thread
  try {
    thread = await startThread(socketPath)
  } catch (error) {
    if (isNotInstalled(error)) return undefined
    throw error
  }
  let stopped: Promise<void> | undefined
  const ended = new AbortController()
  const supervision = supervise()

  async function supervise(): Promise<void> {
    for (;;) {
      const cause = await thread.ended
      if (ended.signal.aborted) return
      log.error({ err: cause }, 'the embedded store in this process ended, and what it held is gone: it is started again')
      if (!await startAgain()) return
      log.info({}, 'the embedded store is back, empty')
    }
  }

  /** At growing pauses while it does not come up; false if it is stopped meanwhile. */
  async function startAgain(): Promise<boolean> {
    for (let pauseMs = FIRST_RESTART_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_RESTART_MS)) {
      await sleep(pauseMs, undefined, { signal: ended.signal }).catch(() => {})
      if (ended.signal.aborted) return false
      try {
        thread = await startThread(socketPath)
        return true
      } catch (error) {
        log.error({ err: error }, 'the embedded store does not start')
      }
    }
  }

  async function stop(): Promise<void> {
    ended.abort()
    await thread.worker.terminate()
    await supervision
    // one that was being started again meanwhile
    await thread.worker.terminate()
    await removeSocket(socketPath)
  }

  return { stop: () => stopped ??= stop() }
}

interface Thread {
  readonly worker: Worker
  /** Resolves when it has ended, to why, as far as that is known. */
  readonly ended: Promise<unknown>
}

async function startThread(socketPath: string): Promise<Thread> {
  await removeSocket(socketPath)
  const worker = new Worker(SERVER, { name: 'hookline-store', workerData: { socketPath } })
  let cause: unknown
  worker.on('error', (error) => { cause = error })
  const ended = new Promise<unknown>((resolve) => { worker.once('exit', () => { resolve(cause) }) })
  // its first message says that it listens; rejects with an error that comes before
  await once(worker, 'message')
  return { worker, ended }
}

/** A socket file that was left behind is in the way of the next. */
async function removeSocket(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => { if (codeOf(error) !== 'ENOENT') throw error })
}

function isNotInstalled(error: unknown): boolean {
  return codeOf(error) === 'ERR_MODULE_NOT_FOUND' && String(error).includes("'js-redis-server'")
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
