import type { Listener } from '../language/settings.ts'
import type { Address } from '../plan/program.ts'
import { addressText } from './start-failure.ts'

const SCHEMES: Readonly<Record<Listener['kind'], string>> = { tcp: 'mqtt', ssl: 'mqtts', ws: 'ws', wss: 'wss' }

/** What a client is told to connect to; `address` is the real one. */
export function listenerUrl({ kind }: Listener, address: Address): string {
  return `${SCHEMES[kind]}://${addressText(address)}`
}
