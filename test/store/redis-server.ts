import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

/** A real Redis of a test's own: a free port, a folder of its own, every write on disk before its answer. */
export interface RedisServer {
  readonly port: number
  /** Where its files are. */
  readonly folder: string
  /** For looking and preparing. */
  readonly client: Redis
  /** SIGKILL, and no restart. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay, nothing is answered. */
  freeze(): void
  /** SIGCONT: what came meanwhile is carried out. */
  thaw(): void
  /** On the same port and data. */
  start(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export async function startRedis(...args: string[]): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'hookline-redis-'))
  const port = await freePort()
  let child: ChildProcess

  async function start(): Promise<void> {
    child = spawn('redis-server', [
      '--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '',
      '--appendonly', 'yes', '--appendfsync', 'always',
      // a replica is not kept waiting for others that may come
      '--repl-diskless-sync-delay', '0', ...args,
    ], { stdio: 'ignore' })
    await until(() => accepts(port), 'redis-server accepts connections')
  }

  await start()
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50, maxRetriesPerRequest: null })
  // it comes and goes with its server
  client.on('error', () => {})

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  return {
    port, folder, client, start,
    kill: () => end('SIGKILL'),
    freeze() { child.kill('SIGSTOP') },
    thaw() { child.kill('SIGCONT') },
    async stop() {
      client.disconnect()
      await end('SIGKILL')
      // a child of it may still be writing what a replica is to be sent
      await rm(folder, { recursive: true, force: true, maxRetries: 20 })
    },
  }
}

/** Waits for a state, with a deadline. */
export async function until(reached: () => boolean | Promise<boolean>, what: string, deadlineMs = 10_000): Promise<void> {
  const end = Date.now() + deadlineMs
  while (!await reached()) {
    if (Date.now() > end) throw new Error(`not reached within ${deadlineMs} ms: ${what}`)
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
}

/** Below the ports that the system gives to whoever connects: one that is free now stays so until it is used. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 12_000)
    const server = createServer().listen(port, '127.0.0.1')
    const bound = await once(server, 'listening').then(() => true, () => false)
    if (!bound) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    socket.once('error', () => { resolve(false) })
  })
}
