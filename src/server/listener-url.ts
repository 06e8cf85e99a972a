import type { ListenerKind } from '../language/settings.ts'
import type { BoundListener } from './runtime-port.ts'
import { addressText } from './start-failure.ts'

/** As MQTT clients write it. */
const SCHEMES: Readonly<Record<ListenerKind, string>> = { tcp: 'mqtt', ssl: 'mqtts', ws: 'ws', wss: 'wss' }

/** Where clients find a listener, with its real port: `ws://127.0.0.1:8083/mqtt`. */
export function listenerUrl({ listener: { kind, path }, address }: Pick<BoundListener, 'listener' | 'address'>): string {
  return `${SCHEMES[kind]}://${addressText(address)}${path ?? ''}`
}
