import { fileURLToPath } from 'node:url'
import { startChild } from '../machine/child.ts'
import type { Answer, LoadFigures, Order } from './orders.ts'

const MAIN = fileURLToPath(new URL('main.js', import.meta.url))

/** The load process, seen from the conductor. */
export interface Load {
  readonly pid: number
  carryOut(order: Order): Promise<LoadFigures>
  end(): Promise<void>
}

export function startLoad(): Load {
  const child = startChild({ core: 'rest', command: [process.execPath, MAIN], channel: true })
  return {
    pid: child.pid,
    async carryOut(order) {
      const heard = new Promise<Answer>((resolve) => { child.process.once('message', resolve) })
      child.process.send(order)
      const answer = await Promise.race([child.died, heard])
      if (!answer.ok) throw new Error(answer.error)
      return answer.figures
    },
    end: () => child.end(),
  }
}
