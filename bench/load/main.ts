import { idle, storm } from './connects.ts'
import { Crowd } from './crowd.ts'
import { noFigures, type Answer, type LoadFigures, type Order } from './orders.ts'
import { pipeline } from './pipeline.ts'
import { fetch, park } from './sessions.ts'

/**
 * The load process: carries out what its parent orders over the channel that it was started with,
 * and ends when the parent does.
 */
let crowd: Crowd | undefined

async function carryOut(order: Order): Promise<LoadFigures> {
  switch (order.do) {
    case 'connect':
      crowd = await Crowd.connect(order.connect)
      return noFigures(0)
    case 'publish':
      if (crowd === undefined) throw new Error('nobody is connected')
      return await crowd.publish(order.publish)
    case 'park':
      await park(order.session)
      return noFigures(0)
    case 'fetch':
      return await fetch(order.session, order.messages)
    case 'storm':
      return await storm(order.port, order.connections)
    case 'idle':
      return await idle(order.port, order.connections)
    case 'pipeline':
      return await pipeline(order.redisPort, order.first, order.messages)
    default:
      return order satisfies never
  }
}

function answer(it: Answer): void {
  process.send?.(it)
}

function failed(error: unknown): void {
  answer({ ok: false, error: error instanceof Error ? error.message : String(error) })
}

process.on('message', (order: Order) => { carryOut(order).then(figures => answer({ ok: true, figures }), failed) })
process.on('disconnect', () => process.exit(0))
process.on('uncaughtException', failed)
