import type { Socket } from 'node:net'
import { AbstractConnector } from 'ioredis'

/** Between two tries to find out where to connect to. Milliseconds. */
const RETRY_MS = 200

/**
 * How ioredis gets its socket, where its own connectors know too little: `open` says anew for each
 * connection where it leads and with which certificates. As long as `open` rejects, with an Error
 * whose message is a plain clause, it is asked again.
 */
export function connectorOf(open: () => Promise<Socket>): new (options: unknown) => AbstractConnector {
  return class extends AbstractConnector {
    #interrupt = (): void => {}

    constructor() {
      // a dropped connection is not worth a farewell
      super(1)
    }

    override async connect(emit: (type: string, error: Error) => void): Promise<Socket> {
      this.connecting = true
      const interrupted = new Promise<undefined>((resolve) => { this.#interrupt = () => { resolve(undefined) } })
      while (this.connecting) {
        try {
          const socket = await Promise.race([this.#open(), interrupted])
          if (socket !== undefined && this.connecting) return this.#use(socket)
        } catch (error) {
          if (this.connecting) emit('error', error instanceof Error ? error : new Error(String(error)))
        }
        await pause(RETRY_MS, interrupted)
      }
      throw new Error('Connection is closed.')
    }

    override disconnect(): void {
      super.disconnect()
      this.#interrupt()
    }

    async #open(): Promise<Socket | undefined> {
      const socket = await open()
      if (this.connecting) return socket
      // nobody waits for it any more
      socket.on('error', () => {}).destroy()
      return undefined
    }

    #use(socket: Socket): Socket {
      this.stream = socket
      socket.once('error', (error) => { this.firstError = error })
      return socket
    }
  }
}

async function pause(ms: number, interrupted: Promise<undefined>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => { timer = setTimeout(resolve, ms) })
  await Promise.race([over, interrupted])
  clearTimeout(timer)
}
