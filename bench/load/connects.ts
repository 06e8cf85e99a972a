import { performance } from 'node:perf_hooks'
import { Connection } from './connection.ts'
import { noFigures, type LoadFigures } from './orders.ts'

/** Connections that are being made at one time. */
const AT_ONCE = 32

/** Connects so many clients, and each leaves as soon as it was let in. */
export async function storm(port: number, connections: number): Promise<LoadFigures> {
  return await each(connections, async (number) => {
    const connection = await Connection.open({ port, clientid: `storm-${number}` })
    await connection.close()
  })
}

/** Connects so many clients, which stay and say nothing. */
export async function idle(port: number, connections: number): Promise<LoadFigures> {
  return await each(connections, async (number) => { await Connection.open({ port, clientid: `idle-${number}` }) })
}

async function each(count: number, work: (number: number) => Promise<void>): Promise<LoadFigures> {
  const start = performance.now()
  let next = 0
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < count) await work(next++)
  }))
  return { ...noFigures(count), seconds: (performance.now() - start) / 1_000 }
}
