import type { WakeIndex } from '../delivery/ports.ts'
import type { Log } from '../engine/log-port.ts'

/** Topics on which one call of a broker stored something. */
export interface Wake {
  /** Who says so: the key of its batch mark, unique per opened pool. */
  readonly sender: string
  readonly index: WakeIndex
  readonly topics: readonly { readonly topic: string, readonly prev: number, readonly score: number }[]
}

/**
 * Reads what scripts/wake.lua wrote; undefined for anything else: whoever may publish on the channel
 * may publish what he likes.
 */
export function readWake(text: Buffer): Wake | undefined {
  const end = text.indexOf('\n')
  if (end < 0) return undefined
  const [sender, index, ...words] = text.toString('latin1', 0, end).split(' ')
  if (sender === undefined || (index !== 'logs' && index !== 'latest') || words.length % 3 !== 0) return undefined
  const topics: { topic: string, prev: number, score: number }[] = []
  let offset = end + 1
  for (let i = 0; i < words.length; i += 3) {
    const [prev, score, bytes] = words.slice(i, i + 3).map(wholeNumber)
    if (prev === undefined || score === undefined || bytes === undefined) return undefined
    topics.push({ prev, score, topic: text.toString('utf8', offset, offset += bytes) })
  }
  return offset === text.length ? { sender, index, topics } : undefined
}

/** What is done with each text of a channel: `onWake` gets the wakes of others than `own`. Of the first that is none a line is logged. */
export function othersWakes(
  { pool, channel, own, log }: { readonly pool: string, readonly channel: string, readonly own: Wake['sender'], readonly log: Log },
  onWake: (wake: Wake) => void,
): (text: Buffer) => void {
  let bad = 0
  return (text) => {
    const wake = readWake(text)
    if (wake === undefined) {
      if (++bad === 1) log.warn({ pool, channel }, 'somebody else publishes on a channel of hookline; what is no wake is ignored')
    } else if (wake.sender !== own) onWake(wake)
  }
}

function wholeNumber(word: string): number | undefined {
  return /^\d{1,16}$/.test(word) ? Number(word) : undefined
}
