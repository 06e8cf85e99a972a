import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Redis } from 'ioredis'
import type { RedisServer } from './redis-server.ts'

/** As built: Node 20 runs no TypeScript in a thread. */
const SERVER = new URL('../../dist/store/in-process-server.js', import.meta.url)

/** The in-process store in place of a test's Redis: the same port, but it keeps nothing and takes no options. */
export async function startInProcessRedis(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'hookline-in-process-'))
  const socketPath = join(folder, 'redis.sock')
  let worker: Worker | undefined
  const sockets = new Set<Socket>()
  let frozen = false

  async function start(): Promise<void> {
    await rm(socketPath, { force: true })
    worker = new Worker(SERVER, { workerData: { socketPath } })
    await once(worker, 'message')
  }

  async function kill(): Promise<void> {
    await worker?.terminate()
    for (const socket of sockets) socket.destroy()
  }

  await start()
  // tests speak to a port
  const bridge = createServer((socket) => {
    const upstream = connect(socketPath)
    socket.pipe(upstream).pipe(socket)
    for (const [end, other] of [[socket, upstream], [upstream, socket]] as const) {
      sockets.add(end)
      if (frozen) end.pause()
      end.on('error', () => {})
      end.on('close', () => {
        sockets.delete(end)
        other.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(bridge, 'listening')
  const { port } = bridge.address() as AddressInfo // of a TCP server
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50, maxRetriesPerRequest: null })
  client.on('error', () => {})

  return {
    port, folder, client, start, kill,
    freeze() {
      frozen = true
      for (const socket of sockets) socket.pause()
    },
    thaw() {
      frozen = false
      for (const socket of sockets) socket.resume()
    },
    async stop() {
      client.disconnect()
      await kill()
      bridge.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
