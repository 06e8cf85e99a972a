import type { Action } from './action.ts'

/** EMQ X 4.4 Redis backend, "proxy subscription". */
export const onSubscribeLookup: Action = {
  name: 'on_subscribe_lookup',
  hooks: ['client.connected', 'session.created'],
  summary: 'subscribes the client to what is listed for it',
  doc: 'The hash has a QoS for each topic; one outside 0 to 2 is brought into that range. The rules of `session.subscribed` run as if the client had asked itself; its own SUBSCRIBE later wins.',
  expires: false,
  keys: ['mqtt:sub:${clientid}'],
  brings: 'subscriptions',
}
