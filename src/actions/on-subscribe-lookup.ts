import type { Action } from './action.ts'

/** EMQ X 4.4 Redis backend, "proxy subscription". */
export const onSubscribeLookup: Action = {
  name: 'on_subscribe_lookup',
  hooks: ['client.connected', 'session.created'],
  summary: 'subscribes the client to what is listed for it',
  expires: false,
  keys: ['mqtt:sub:${clientid}'],
  brings: 'subscriptions',
}
