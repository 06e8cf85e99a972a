import type { Action } from './action.ts'

/** EMQ X 4.4 Redis backend, "client offline"; only if no newer connection has come online. */
export const onClientDisconnected: Action = {
  name: 'on_client_disconnected',
  hooks: ['client.disconnected'],
  summary: 'marks the client offline',
  expires: false,
  keys: ['mqtt:client:${clientid}', 'mqtt:node:${node}'],
  // presence knows the fence of the connection that is gone and fills it in
  effects: (event) => ({ kind: 'offline', clientid: event.clientid, node: event.node, now: event.ts, fence: 0 }),
}
