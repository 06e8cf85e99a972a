import { createServer, type Server, type Socket } from 'node:net'
import type { Address } from '../plan/program.ts'

/** Listens on TCP; resolves with the real port. Fails with Node's error (`EADDRINUSE`, `EACCES`, …). */
export async function listenTcp(address: Address, accept: (socket: Socket) => void): Promise<{ readonly server: Server, readonly address: Address }> {
  const server = createServer({ noDelay: true }, accept)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const bound = server.address()
  return { server, address: { host: address.host, port: typeof bound === 'object' && bound !== null ? bound.port : address.port } }
}
