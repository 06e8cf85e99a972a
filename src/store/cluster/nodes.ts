import type { Address } from '../../plan/program.ts'
import type { Answer, Call } from '../connection.ts'
import { nameOf, Node, NOT_CONNECTED, type NodeOptions } from './node.ts'
import { redirectOf } from './redirect.ts'
import { SLOTS, slotOf } from './slot.ts'
import { readView, VIEW_CALLS, type Topology } from './topology.ts'

/** The masters of a cluster. Calls never reject: a node that is not there is a failure in the answer. */
export interface Nodes {
  /**
   * Sends a call to the master of the key's slot, and after it where it has gone; without a key to
   * any master.
   */
  send(key: Key | undefined, call: Call, options?: SendOptions): Promise<Answer>
  /** The calls, of keys in the slot of this one, are carried out in their order, also if the slot moves; some perhaps twice. */
  sendInOrder(key: Key, calls: readonly Call[], options?: SendOptions): Promise<readonly Answer[]>
  sendToAll(call: Call): Promise<readonly Answer[]>
  /** A WAIT on all masters that have written awaited things since the last one that was good: the fewest replicas that any of them has. */
  wait(call: Call): Promise<Answer>
  /** Another object after every loss of a master that calls went to: what was written before may be gone. */
  readonly life: object
  /** Something went wrong: looks anew who serves what, and asks those that refused, after a moment. */
  retry(delayMs: number): void
  end(): Promise<void>
}

export type Key = string | Buffer

export interface SendOptions {
  /** What it writes is confirmed by {@link Nodes.wait}. */
  readonly awaited: boolean
}

export interface NodesEvents {
  /**
   * All slots are served by masters that answer. `sameData`: undefined the first time; false if one of them
   * is another than before, or has other data. `clockOffsetMs`: of the master whose clock is farthest behind.
   */
  onReady(sameData: boolean | undefined, clockOffsetMs: number): void
  /** They are no more, or another master has taken over. Also while they are not ready: what was written before may be gone. */
  onLost(): void
  /** Why they are not (yet). `final`: it will not be otherwise without a change. */
  onTrouble(clause: string, final: boolean): void
}

/** Milliseconds between two looks at who serves what, while all is well and while it is not. */
const LOOK_MS = 5_000
const LOOK_AGAIN_MS = 100
/** Redirections of one call; for `later` and a master that is being connected there is a pause before each. */
const MAX_REDIRECTS = 20
const REDIRECT_PAUSE_MS = 50
/** How long a node is kept to which a call was sent on, although it serves no slot by what is known. */
const DETOUR_MS = 30_000

/**
 * Connects to a cluster, for ever: finds its masters by asking any node that answers, one that the
 * rules name or one that was met since, keeps one connection to each, and is ready while all slots are
 * served. One shard that is dead stops all, as it does for a Redis Cluster by default
 * (`cluster-require-full-coverage`): which messages belong to it is known to their slots only.
 */
export function openNodes(options: NodeOptions, events: NodesEvents): Nodes {
  const seeds = options.spec.server === 'embedded' ? [] : options.spec.server
  const nodes = new Map<string, Node>()
  const owners = Array<Node | undefined>(SLOTS)
  /** What `owners` was made from, and the newest that was seen. */
  let current: Topology | undefined
  let newest: Topology | undefined
  let life = {}
  let ready = false
  let everReady = false
  let sameData = true
  /** Grows with every reason to look again; a view counts if it was asked for after the last. */
  let doubts = 0
  let answeredDoubts = -1
  let looking = false
  let timer: NodeJS.Timeout | undefined
  /** Nodes that had no view at the last look: one that has just come back refuses all for a while, whatever the others say. */
  let unwell: ReadonlySet<Node> = new Set()
  /** Masters that have refused something since the last retry. */
  const refusing = new Set<Node>()
  let ended = false

  function open(address: Address): Node {
    const name = nameOf(address)
    let node = nodes.get(name)
    if (node === undefined) {
      node = new Node(address, options, {
        onUp(up, same) {
          if (same === false && isUsed(up)) sameData = false
          if (answeredDoubts < doubts) lookIn(0)
          settle()
        },
        onDown(down) { if (isUsed(down)) lose() },
        onTrouble(troubled, clause) {
          if (!ready) events.onTrouble(`${troubled.name}: ${clause}`, [...nodes.values()].every(({ hopeless }) => hopeless))
        },
      })
      nodes.set(name, node)
    }
    return node
  }

  /** Also one that serves nothing by what is known, if calls were sent on to it: a slot may be on its way there. */
  function isUsed(node: Node): boolean {
    return owners.includes(node) || node.neededUntil > Date.now()
  }

  function lose(): void {
    life = {}
    doubts++
    lookIn(0)
    ready = false
    events.onLost()
  }

  function lookIn(ms: number): void {
    if (ended) return
    clearTimeout(timer)
    timer = setTimeout(() => { void look() }, ms)
  }

  /** Asks all nodes that answer who serves what, and believes the newest. */
  async function look(): Promise<void> {
    if (looking || ended) return
    looking = true
    const asOf = doubts
    const asked = [...nodes.values()].filter(({ up }) => up)
    const views = await Promise.all(asked.map(async (node) => readView(node.address, await node.send(VIEW_CALLS))))
    looking = false
    if (ended) return
    unwell = new Set(asked.filter((_, i) => 'clause' in (views[i] ?? {})))
    const best = newestOf(views.filter((view) => 'epoch' in view))
    if (best === undefined) {
      const trouble = views.find((view) => 'clause' in view)
      if (trouble !== undefined && !ready) events.onTrouble(trouble.clause, trouble.final)
    } else if (newest === undefined || best.epoch >= newest.epoch || areStrangers(best, newest)) {
      newest = best
      answeredDoubts = asOf
    }
    settle()
    if (!ready) for (const address of [...seeds, ...newest?.addresses ?? []]) open(address)
    lookIn(ready && answeredDoubts === doubts ? LOOK_MS : LOOK_AGAIN_MS)
  }

  /** Takes over what was seen, when all its masters are there and well. */
  function settle(): void {
    if (ended || newest === undefined) return
    const masters = [...newest.masters.values()].map(open)
    if (!masters.every((node) => node.up && !unwell.has(node))) return
    if (newest !== current) take(newest)
    if (answeredDoubts < doubts) return
    closeOthers(new Set(masters))
    if (ready) return
    ready = true
    const same = everReady ? sameData : undefined
    everReady = true
    sameData = true
    events.onReady(same, Math.min(...masters.map(({ clockOffsetMs }) => clockOffsetMs)))
  }

  function take(topology: Topology): void {
    const before = current
    current = topology
    for (let slot = 0; slot < SLOTS; slot++) {
      const address = topology.masters.get(topology.owners[slot] ?? '')
      owners[slot] = address && open(address)
    }
    if (before === undefined || !hasFailedOver(before, topology)) return
    sameData = false
    const asOf = doubts
    lose()
    // this view is the one that lose() asks for
    if (answeredDoubts === asOf) answeredDoubts = doubts
  }

  function closeOthers(masters: ReadonlySet<Node>): void {
    for (const [name, node] of nodes) {
      if (masters.has(node) || node.neededUntil > Date.now()) continue
      nodes.delete(name)
      void node.end()
    }
  }

  async function send(key: Key | undefined, call: Call, { awaited } = { awaited: false }): Promise<Answer> {
    const slot = key === undefined ? 0 : slotOf(key)
    let node = owners[slot]
    let asking = false
    for (let redirects = 0; ; redirects++) {
      if (node === undefined || ended) return NOT_CONNECTED
      const answers = await node.send(asking ? [ASKING, call] : [call])
      const answer = answers.at(-1) ?? NOT_CONNECTED
      const redirect = redirectOf(answer, node.address)
      if (redirect === undefined) {
        if (awaited && answer.ok) node.wrote = true
        if (!answer.ok && answer.failure.kind === 'refused') refusing.add(node)
        return answer
      }
      if (redirects === MAX_REDIRECTS) return { ok: false, failure: { kind: 'refused', message: 'TRYAGAIN the slot of a key is on its way to another master' } }
      asking = redirect.kind === 'ask'
      if (redirect.kind === 'later') {
        await pause(REDIRECT_PAUSE_MS)
        node = owners[slot]
        continue
      }
      node = open(redirect.address)
      node.neededUntil = Date.now() + DETOUR_MS
      if (redirect.kind === 'moved') {
        owners[redirect.slot] = node
        doubts++
        lookIn(0)
      }
      for (; !node.up && redirects < MAX_REDIRECTS; redirects++) await pause(REDIRECT_PAUSE_MS)
    }
  }

  async function sendInOrder(key: Key, calls: readonly Call[], options = { awaited: false }): Promise<readonly Answer[]> {
    const node = owners[slotOf(key)]
    if (node === undefined) return calls.map(() => NOT_CONNECTED)
    const answers = await node.send(calls)
    if (options.awaited && answers.some(({ ok }) => ok)) node.wrote = true
    const turned = answers.findIndex((answer) => redirectOf(answer, node.address) !== undefined)
    if (turned < 0) {
      if (answers.some((answer) => !answer.ok && answer.failure.kind === 'refused')) refusing.add(node)
      return answers
    }
    const again = answers.slice(0, turned)
    for (const call of calls.slice(turned)) again.push(await send(key, call, options))
    return again
  }

  function masters(): readonly Node[] {
    return current === undefined ? [] : [...current.masters.values()].map(open)
  }

  for (const seed of seeds) open(seed)
  lookIn(LOOK_AGAIN_MS)

  return {
    send,
    sendInOrder,
    async sendToAll(call) {
      return (await Promise.all(masters().map((node) => node.send([call])))).flat()
    },
    async wait(call) {
      const wanted = Number(call.args[0])
      let fewest = wanted
      let failed: Answer | undefined
      await Promise.all([...nodes.values()].filter(({ wrote }) => wrote).map(async (node) => {
        const [answer = NOT_CONNECTED] = await node.send([call])
        if (!answer.ok) {
          failed = answer
          return
        }
        const count = Number(answer.reply)
        if (count >= wanted) node.wrote = false
        fewest = Math.min(fewest, count)
      }))
      return failed ?? { ok: true, reply: fewest }
    },
    get life() { return life },
    retry(delayMs) {
      ready = false
      doubts++
      for (const node of refusing) node.retry(delayMs)
      refusing.clear()
      lookIn(delayMs)
    },
    async end() {
      ended = true
      clearTimeout(timer)
      await Promise.all([...nodes.values()].map((node) => node.end()))
    },
  }
}

const ASKING: Call = { name: 'asking', args: [], binary: false }

function newestOf(views: readonly Topology[]): Topology | undefined {
  return views.reduce<Topology | undefined>((best, view) => best !== undefined && best.epoch >= view.epoch ? best : view, undefined)
}

/** No node of the one is in the other: another cluster was made there. */
function areStrangers(a: Topology, b: Topology): boolean {
  return ![...a.masters.keys()].some((id) => b.masters.has(id))
}

/** A slot has gone to a node that was no master before: its replica, which may have less. Between masters slots move with all that is in them. */
function hasFailedOver(before: Topology, after: Topology): boolean {
  return after.owners.some((owner, slot) => owner !== before.owners[slot] && !before.masters.has(owner ?? ''))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms) })
}
