import type { Effect } from '../actions/effect.ts'
import { keys } from '../actions/keys.ts'
import { keyTypeOf, type KeyType } from '../language/command-keys.ts'
import { expiryGiven, keyDoing, type KeyDoing } from '../language/key-doing.ts'
import { keyIndexes } from '../language/redis-commands.ts'

/** What becomes of one key. */
export interface KeyTouch {
  readonly key: string
  readonly does: KeyDoing
  /** Absent where it depends on what is there. */
  readonly type: KeyType | undefined
  /** Seconds that it is kept from now on; absent: as long as before, and a new key for ever. */
  readonly expirySeconds: number | undefined
}

/**
 * The keys that an effect touches, in EMQ X's layout. Keys that hookline keeps beside them (its clock,
 * its indexes) are left out.
 */
export function touchedKeys(effect: Effect): readonly KeyTouch[] {
  switch (effect.kind) {
    case 'store': return [
      written(keys.message(effect.record.id), 'hash', effect.expirySeconds),
      written(keys.log(effect.record.topic), 'sorted set', effect.expirySeconds),
    ]
    case 'retain': return [written(keys.retained(effect.record.topic), 'hash', effect.expirySeconds)]
    case 'latest': return [written(keys.latest(effect.record.topic), 'hash', effect.expirySeconds)]
    case 'retain-delete': return [deleted(keys.retained(effect.record.topic), 'hash')]
    case 'ack-latest': return [deleted(keys.latest(effect.topic), 'hash')]
    case 'ack-queue': return [written(keys.log(effect.topic), 'sorted set'), deleted(keys.message(effect.msgid), 'hash')]
    case 'ack-pubsub': return [written(keys.position(effect.clientid, effect.topic), 'string')]
    case 'online':
    case 'offline': return [written(keys.client(effect.clientid), 'hash'), written(keys.node(effect.node), 'hash')]
    case 'command': {
      const args = effect.args.map(String)
      const does = keyDoing(effect.name, args)
      const type = keyTypeOf(effect.name)
      const expirySeconds = expiryGiven(effect.name, args)
      return keyIndexes(effect.name, args).flatMap((index) => {
        const key = args[index]
        return key === undefined ? [] : { key, does, type, expirySeconds }
      })
    }
    default: return effect satisfies never
  }
}

function written(key: string, type: KeyType, expirySeconds?: number): KeyTouch {
  return { key, does: 'writes', type, expirySeconds }
}

function deleted(key: string, type: KeyType): KeyTouch {
  return { key, does: 'deletes', type, expirySeconds: undefined }
}
