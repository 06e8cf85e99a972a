import type { Answer, Call } from '../connection.ts'
import { firstKey } from './first-key.ts'
import type { Key, Nodes } from './nodes.ts'
import { slotOf } from './slot.ts'

/** A command of a rule. */
export interface RuleCommand {
  readonly call: Call
  /** What it was given with: one event's commands run one after the other. */
  readonly event: object
  /** Commands of one order object keep their order where they can touch one key. */
  readonly order: object
}

interface Waiting extends RuleCommand {
  readonly place: number
  readonly key: Key | undefined
  /** Of its first key; commands without one share a slot that no key has. */
  readonly slot: number
}

const NO_SLOT = -1

/**
 * Runs commands, each at the master of its first key; one without key (`PUBLISH`) at any. A command
 * that must be tried again holds up those of its order object that come after it. `unheld`: order
 * of which something that comes before must be tried again.
 */
export async function runCommands(nodes: Nodes, commands: readonly RuleCommand[], held: ReadonlySet<object>): Promise<readonly Answer[]> {
  const answers = Array<Answer>(commands.length).fill(HELD)
  const orders = new Map<object, Waiting[]>()
  for (const [place, command] of commands.entries()) {
    if (held.has(command.order)) continue
    const key = firstKey(command.call)
    const waiting = orders.get(command.order)
    const added = { ...command, place, key, slot: key === undefined ? NO_SLOT : slotOf(key) }
    if (waiting === undefined) orders.set(command.order, [added])
    else waiting.push(added)
  }
  await Promise.all([...orders.values()].map((waiting) => runInOrder(nodes, waiting, answers)))
  return answers
}

/** Sent with the next round. */
const HELD: Answer = { ok: false, failure: { kind: 'refused', message: 'a rule before it has to be tried again' } }

async function runInOrder(nodes: Nodes, commands: Waiting[], answers: Answer[]): Promise<void> {
  let waiting = commands
  while (waiting.length > 0) {
    const [wave, later] = nextWave(waiting)
    const answered = await Promise.all(wave.map(async (command) => {
      const answer = await nodes.send(command.key, command.call, { awaited: true })
      answers[command.place] = answer
      return answer
    }))
    if (answered.some((answer) => !answer.ok && answer.failure.kind !== 'lasting')) return
    waiting = later
  }
}

/**
 * What may be sent at once: of each event what comes next and lies in one slot, unless something
 * before it in another event waits for that slot. Commands of one slot keep their order on the way.
 */
function nextWave(waiting: readonly Waiting[]): [wave: Waiting[], later: Waiting[]] {
  const wave: Waiting[] = []
  const later: Waiting[] = []
  const begun = new Map<object, number>()
  const busy = new Set<number>()
  const stopped = new Set<object>()
  for (const command of waiting) {
    const { event, slot } = command
    const isNext = !stopped.has(event) && (begun.get(event) ?? slot) === slot && !busy.has(slot)
    if (isNext) {
      begun.set(event, slot)
      wave.push(command)
    } else {
      stopped.add(event)
      busy.add(slot)
      later.push(command)
    }
  }
  return [wave, later]
}
