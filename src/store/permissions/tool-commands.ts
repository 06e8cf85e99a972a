import { keys } from '../../actions/keys.ts'
import { ANY, type Sample } from './function-commands.ts'

export type Tool = 'adopt' | 'doctor' | 'online'

const LOOKED: readonly Sample[] = [['INFO'], ['TIME'], ['ACL', 'WHOAMI'], ['ACL', 'DRYRUN', ANY, 'PING'], ['COMMAND', 'INFO', 'get']]

/** What commands of hookline ask of a pool's Redis beside the broker; it is in nobody's way where they are not used. */
export const TOOLS: Readonly<Record<Tool, readonly Sample[]>> = {
  adopt: [
    ['INFO'], ['DBSIZE'], ['SCAN', '0'], ['TYPE', keys.log(ANY)], ['ZADD', keys.topics, '0', ANY], ['ZADD', keys.retainedTopics, '0', ANY],
    ['ZSCORE', keys.topics, ANY], ['ZSCORE', keys.retainedTopics, ANY],
    ['HMGET', keys.adopting, 'run'], ['HSET', keys.adopting, 'run', ANY], ['HINCRBY', keys.adopting, 'looked', '1'], ['EXPIRE', keys.adopting, '1'], ['DEL', keys.adopting],
  ],
  doctor: [...LOOKED, ['CONFIG', 'GET', 'save']],
  online: LOOKED,
}
