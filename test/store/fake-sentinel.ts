import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** What a sentinel says of its master. */
export interface SentinelView {
  readonly port: number
  readonly epoch: number
}

/** Says what a test wants a sentinel to say. */
export interface FakeSentinel {
  readonly port: number
  /** Undefined: it knows no such master. */
  view: SentinelView | undefined
  /** An error in place of any answer. */
  refusal: string | undefined
  /** Connections stay, nothing is answered. */
  silent: boolean
  stop(): Promise<void>
}

export async function startFakeSentinel(view?: SentinelView): Promise<FakeSentinel> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => {
      // commands without a `*` in their arguments
      for (const command of bytes.toString().split('*').slice(1)) if (!fake.silent) socket.write(answerTo(command.toUpperCase(), fake))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const fake: FakeSentinel = {
    port: address.port, view, refusal: undefined, silent: false,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return fake
}

function answerTo(command: string, { view, refusal }: FakeSentinel): string {
  if (refusal !== undefined) return `-${refusal}\r\n`
  if (!command.includes('SENTINEL')) return '+OK\r\n'
  if (command.includes('GET-MASTER-ADDR-BY-NAME')) return view === undefined ? '*-1\r\n' : texts('127.0.0.1', view.port)
  return view === undefined ? '-ERR No such master with that name\r\n' : texts('name', 'mymaster', 'config-epoch', view.epoch, 'quorum', 2)
}

function texts(...words: readonly (string | number)[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`).join('')}`
}
