import type { Action, FunctionName } from './action.ts'
import { onClientConnected } from './on-client-connected.ts'
import { onClientDisconnected } from './on-client-disconnected.ts'
import { onMessageAckedForKeepLatest } from './on-message-acked-for-keep-latest.ts'
import { onMessageAckedForPubsub } from './on-message-acked-for-pubsub.ts'
import { onMessageAckedForQueue } from './on-message-acked-for-queue.ts'
import { onMessageFetchForKeepLatest } from './on-message-fetch-for-keep-latest.ts'
import { onMessageFetchForPubsub } from './on-message-fetch-for-pubsub.ts'
import { onMessageFetchForQueue } from './on-message-fetch-for-queue.ts'
import { onMessagePublish } from './on-message-publish.ts'
import { onMessageRetain } from './on-message-retain.ts'
import { onMessageStoreKeepLatest } from './on-message-store-keep-latest.ts'
import { onRetainDelete } from './on-retain-delete.ts'
import { onRetainLookup } from './on-retain-lookup.ts'
import { onSubscribeLookup } from './on-subscribe-lookup.ts'

/** All functions of the language. To add one: a file beside this one and a line here. */
export const ACTIONS: readonly Action[] = [
  onClientConnected,
  onClientDisconnected,
  onSubscribeLookup,
  onMessagePublish,
  onMessageFetchForQueue,
  onMessageAckedForQueue,
  onMessageFetchForPubsub,
  onMessageAckedForPubsub,
  onMessageRetain,
  onRetainDelete,
  onRetainLookup,
  onMessageStoreKeepLatest,
  onMessageFetchForKeepLatest,
  onMessageAckedForKeepLatest,
]

const byName = new Map<string, Action>(ACTIONS.map((action) => [action.name, action]))

/** The action that a rule's `function` names, if there is one. */
export function actionNamed(name: string): Action | undefined {
  return byName.get(name)
}

/** The action of a compiled step; its name was checked. */
export function actionOf(name: FunctionName): Action {
  const action = byName.get(name)
  if (action === undefined) throw new Error(`no action ${name}`)
  return action
}
