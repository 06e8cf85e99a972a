import type { Action } from './action.ts'

/** EMQ X 4.4 Redis backend, "client online". */
export const onClientConnected: Action = {
  name: 'on_client_connected',
  hooks: ['client.connected'],
  summary: 'marks the client online',
  expires: false,
  keys: ['mqtt:client:${clientid}', 'mqtt:node:${node}'],
  // presence knows the last fence and fills it in
  effects: (event) => ({ kind: 'online', clientid: event.clientid, node: event.node, now: event.ts, lastFence: 0 }),
}
