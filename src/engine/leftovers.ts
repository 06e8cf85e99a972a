import type { Effect, Outcome } from '../actions/effect.ts'
import type { Pool, PresentClients } from '../delivery/ports.ts'
import type { Log } from './log-port.ts'
import { poolOf, type Rules } from './rules.ts'

/**
 * Sets those clients offline that this node's last run left online (SPEC 5.2): to be called before
 * anyone can connect. Only in pools with an `on_client_disconnected` rule; the fence is what the
 * node's hash says, so that who has come online on another node since stays online. A Redis that
 * fails is logged, and what is left then stays for the next start.
 */
export async function settleLeftovers(options: {
  readonly rules: Rules
  /** Seconds since 1970. */
  readonly now: () => number
  readonly log: Log
}): Promise<void> {
  const { rules, now, log } = options
  const { steps, settings } = rules.program
  const pools = new Set(steps['client.disconnected']
    .filter(({ action }) => action.kind === 'function' && action.name === 'on_client_disconnected')
    .map(({ pool }) => poolOf(rules, pool)))
  for (const pool of pools) {
    try {
      const clients = await settleIn(pool, settings.nodeName, now)
      if (clients > 0) log.info({ pool: pool.name, clients }, 'clients that the last run left online are offline now')
    } catch (error) {
      log.warn({ pool: pool.name, err: error }, 'clients that the last run left online could not all be set offline')
    }
  }
}

/** How many there were. Rejects when Redis fails. */
async function settleIn(pool: Pool, node: string, now: () => number): Promise<number> {
  let clients = 0
  let cursor: string | undefined
  do {
    const page = await nextPage(pool, node, cursor)
    await carryOut(pool, page.clients.map(({ clientid, onlineAt }) => ({ kind: 'offline', clientid, node, now: now(), fence: onlineAt })))
    clients += page.clients.length
    cursor = page.next
  } while (cursor !== undefined)
  return clients
}

function nextPage(pool: Pool, node: string, cursor: string | undefined): Promise<PresentClients> {
  return new Promise((resolve, reject) => {
    pool.presentClients(node, cursor, (page) => { if (page instanceof Error) reject(page); else resolve(page) })
  })
}

async function carryOut(pool: Pool, effects: readonly Effect[]): Promise<void> {
  if (effects.length === 0) return
  const outcomes = await new Promise<readonly Outcome[]>((done) => {
    pool.submit({ order: {}, effects, hold: false, bytes: 300 * effects.length, cancelled: false, done })
  })
  const failed = outcomes.find((outcome) => !outcome.ok)
  if (failed !== undefined) throw new Error(failed.message)
}
