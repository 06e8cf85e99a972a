import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Stands between a client and a server and does to their bytes what networks do. */
export interface TcpProxy {
  readonly port: number
  /** Connections that are open now. */
  readonly connections: number
  /** Cuts all connections once so many more bytes came back from the server; those still pass, no more. */
  cutAfterReplyBytes(bytes: number): void
  /** From now on nothing of the server passes; requests do. */
  swallowReplies(): void
  /** From now on nothing passes in either direction, and the connections stay open. */
  swallow(): void
  /** From now on requests wait in the network, also when their sender has gone. */
  holdRequests(): void
  /** What was held arrives, if the server still has the connection. Those of new connections pass again. */
  releaseRequests(): void
  /** Each piece passes this much later, in order. */
  delay(ms: number): void
  /** Everything passes again, on new connections; old ones stay as they are. */
  pass(): void
  /** Cuts all connections now; what the server has in its socket, it reads. */
  cut(): void
  /** Connections are refused until `open`. */
  refuse(): Promise<void>
  open(): Promise<void>
  stop(): Promise<void>
}

type Mode = { readonly requests: boolean | 'held', readonly replies: boolean, readonly delayMs: number }
const PASS: Mode = { requests: true, replies: true, delayMs: 0 }

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  mode: Mode
  readonly held: Buffer[]
}

/** A proxy on a free port of the loopback to a port of the loopback. */
export async function startProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let mode = PASS
  /** Reply bytes that still pass before the cut; undefined: no cut is due. */
  let replyBytes: number | undefined

  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    const pair: Pair = { client, upstream, mode, held: [] }
    pairs.add(pair)
    const end = (): void => {
      client.destroy()
      if (pair.held.length > 0 && !upstream.destroyed) return
      pairs.delete(pair)
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    client.on('data', (bytes) => {
      if (pair.mode.requests === 'held') pair.held.push(bytes)
      else if (pair.mode.requests) later(pair.mode.delayMs, () => { upstream.write(bytes) })
    })
    upstream.on('data', (bytes) => {
      if (!pair.mode.replies) return
      if (replyBytes !== undefined && bytes.length >= replyBytes) {
        client.write(bytes.subarray(0, replyBytes))
        replyBytes = undefined
        // after the bytes, and without a word
        client.end(end)
        return
      }
      if (replyBytes !== undefined) replyBytes -= bytes.length
      later(pair.mode.delayMs, () => { client.write(bytes) })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const { port } = address

  function change(next: Mode): void {
    mode = next
    for (const pair of pairs) pair.mode = next
  }

  function cut(): void {
    for (const { client, upstream } of pairs) {
      client.destroy()
      upstream.destroy()
    }
  }

  async function refuse(): Promise<void> {
    cut()
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    await closed
  }

  return {
    port,
    get connections() { return pairs.size },
    cutAfterReplyBytes(bytes) { replyBytes = bytes },
    swallowReplies() { change({ ...PASS, replies: false }) },
    swallow() { change({ ...PASS, requests: false, replies: false }) },
    holdRequests() { change({ ...PASS, requests: 'held' }) },
    releaseRequests() {
      mode = PASS
      for (const { held, upstream } of pairs) for (const bytes of held.splice(0)) upstream.write(bytes)
    },
    delay(ms) { change({ ...PASS, delayMs: ms }) },
    pass() { mode = PASS },
    cut,
    refuse,
    async open() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    stop: refuse,
  }
}

function later(ms: number, work: () => void): void {
  if (ms === 0) work()
  else setTimeout(work, ms)
}
