import type { Action } from './action.ts'

/** EMQ X 4.4 Redis backend, "client offline"; only if no newer connection has come online. */
export const onClientDisconnected: Action = {
  name: 'on_client_disconnected',
  hooks: ['client.disconnected'],
  summary: 'marks the client offline',
  doc: '`state` 0 and `offline_at`; `online_at` stays. Nothing is changed if a newer connection of that client id has come online, here or on another broker.',
  expires: false,
  keys: ['mqtt:client:${clientid}', 'mqtt:node:${node}'],
  // presence knows the fence of the connection that is gone and fills it in
  effects: (event) => ({ kind: 'offline', clientid: event.clientid, node: event.node, now: event.ts, fence: 0 }),
}
