import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Stands between a client and a server and does to their bytes what networks do. */
export interface TcpProxy {
  readonly port: number
  /** Connections that are open now. */
  readonly connections: number
  /** Cuts the connection on which so many more bytes have come back from the server; those still pass, no more. */
  cutAfterReplyBytes(bytes: number): void
  /** From now on nothing of the server passes; requests do. */
  swallowReplies(): void
  /** From now on nothing passes in either direction, and the connections stay open. */
  swallow(): void
  /** From now on requests wait in the network, also when their sender has gone. */
  holdRequests(): void
  /** What was held arrives, if the server still has the connection. Those of new connections pass again. */
  releaseRequests(): void
  /** Each piece passes this much later, in order, also when the delay changes. */
  delay(ms: number): void
  /** Everything passes again, on new connections; old ones stay as they are. */
  pass(): void
  /** Cuts all connections now; what the server has in its socket, it reads. */
  cut(): void
  /** Cuts the clients' side of all connections; the server is told that no more comes, and what it still writes is heard and passes no more. */
  hangUp(): void
  /** Connections are refused until `open`. The port may be somebody else's meanwhile. */
  refuse(): Promise<void>
  open(): Promise<void>
  /** Cuts all connections, and each new one at once, until `welcome`. The port stays this one's: who is turned away comes to no other server. */
  turnAway(): void
  welcome(): void
  stop(): Promise<void>
}

type Mode = { readonly requests: boolean | 'held', readonly replies: boolean, readonly delayMs: number }
const PASS: Mode = { requests: true, replies: true, delayMs: 0 }

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  mode: Mode
  readonly held: Buffer[]
  /** Nothing of the server passes any more, whatever the mode. */
  deaf: boolean
  /** The client's end is not the server's. */
  hungUp: boolean
}

/** Hears what the server writes on one connection, in order, whether it passes or not. */
export type Listener = (bytes: Buffer) => void

/** A proxy on a free port of the loopback to a port of the loopback. `listen` is asked for a listener to each connection. */
export async function startProxy(target: number, listen: () => Listener = () => () => {}): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let mode = PASS
  /** Reply bytes that still pass before the cut; undefined: no cut is due. */
  let replyBytes: number | undefined
  let turnsAway = false

  const server = createServer((client) => {
    if (turnsAway) {
      client.on('error', () => {}).resetAndDestroy()
      return
    }
    const upstream = connect(target, '127.0.0.1')
    const pair: Pair = { client, upstream, mode, held: [], deaf: false, hungUp: false }
    const hear = listen()
    const [toServer, toClient] = [inOrder(), inOrder()]
    pairs.add(pair)
    const end = (): void => {
      client.destroy()
      if (pair.held.length > 0 && !upstream.destroyed) return
      pairs.delete(pair)
      upstream.destroy()
    }
    client.on('error', () => { if (!pair.hungUp) end() }).on('close', () => { if (!pair.hungUp) end() })
    upstream.on('error', end).on('close', end)
    client.on('data', (bytes) => {
      if (pair.mode.requests === 'held') pair.held.push(bytes)
      else if (pair.mode.requests) toServer(pair.mode.delayMs, () => { upstream.write(bytes) })
    })
    upstream.on('data', (bytes) => {
      hear(bytes)
      if (pair.deaf || !pair.mode.replies) return
      if (replyBytes !== undefined && bytes.length >= replyBytes) {
        const last = bytes.subarray(0, replyBytes)
        replyBytes = undefined
        pair.deaf = true
        // after the bytes, and without a word
        toClient(pair.mode.delayMs, () => {
          client.write(last)
          client.end(end)
        })
        return
      }
      if (replyBytes !== undefined) replyBytes -= bytes.length
      toClient(pair.mode.delayMs, () => { client.write(bytes) })
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

  function hangUp(): void {
    for (const pair of pairs) {
      pair.deaf = true
      pair.hungUp = true
      pair.client.destroy()
      pair.upstream.end()
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
    hangUp,
    refuse,
    async open() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    turnAway() {
      turnsAway = true
      cut()
    },
    welcome() { turnsAway = false },
    stop: refuse,
  }
}

/** Carries out pieces of work after a delay each, none before one that came earlier. */
function inOrder(): (ms: number, work: () => void) => void {
  const queue: (() => void)[] = []
  return (ms, work) => {
    if (ms === 0 && queue.length === 0) return work()
    queue.push(work)
    setTimeout(() => { queue.shift()?.() }, ms)
  }
}
