import type { Action } from './action.ts'

/** EMQ X 4.4 Redis backend, "client online". */
export const onClientConnected: Action = {
  name: 'on_client_connected',
  hooks: ['client.connected'],
  summary: 'marks the client online',
  doc: '`state` 1, `online_at` and `offline_at` of the hash of the client, and the client in the hash of this broker. Among several brokers `online_at` may be a second ahead: it tells a newer connection from an older one.',
  expires: false,
  keys: ['mqtt:client:${clientid}', 'mqtt:node:${node}'],
  // presence knows the last fence and fills it in
  effects: (event) => ({ kind: 'online', clientid: event.clientid, node: event.node, now: event.ts, lastFence: 0 }),
}
