import type { Address } from '../../plan/program.ts'
import type { Answer } from '../connection.ts'

/**
 * Where a call has to go in place of the node that it was sent to, which has not carried it out
 * (cluster-spec, "Redirection and resharding"). `moved`: the slot has another master. `ask`: the key
 * has left already, the slot is on its way. `later`: some of the keys have.
 */
export type Redirect =
  | { readonly kind: 'moved', readonly slot: number, readonly address: Address }
  | { readonly kind: 'ask', readonly address: Address }
  | { readonly kind: 'later' }

/** `asked`: where the answer is from; a cluster may leave out its host. */
export function redirectOf(answer: Answer, asked: Address): Redirect | undefined {
  if (answer.ok) return undefined
  const { message } = answer.failure
  // the second: a key has left between two commands of a script
  if (message.startsWith('TRYAGAIN') || message.includes('access a non local key')) return { kind: 'later' }
  const [, word, slot, host = '', port] = /^(MOVED|ASK) (\d+) (.*):(\d+)$/.exec(message) ?? []
  if (word === undefined) return undefined
  const address = { host: host === '' || host === '?' ? asked.host : host, port: Number(port) }
  return word === 'ASK' ? { kind: 'ask', address } : { kind: 'moved', slot: Number(slot), address }
}
