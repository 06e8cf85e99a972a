import { Crowd } from './crowd.ts'
import type { Answer, LoadFigures, Order } from './orders.ts'

/**
 * The load process: carries out what its parent orders over the channel that it was started with,
 * and ends when the parent does.
 */
let crowd: Crowd | undefined

const NOTHING: LoadFigures = {
  messages: 0, owed: 0, delivered: 0, seconds: 0, ackP50Ms: Number.NaN, ackP99Ms: Number.NaN, deliveryP50Ms: Number.NaN, deliveryP99Ms: Number.NaN,
}

async function carryOut(order: Order): Promise<LoadFigures> {
  switch (order.do) {
    case 'connect':
      crowd = await Crowd.connect(order.connect)
      return NOTHING
    case 'publish':
      if (crowd === undefined) throw new Error('nobody is connected')
      return await crowd.publish(order.publish)
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
