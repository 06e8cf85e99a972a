import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { keys } from '../actions/keys.ts'

/**
 * The Lua scripts. Each is made of parts, which are texts too: Redis has no way for a script to call
 * another. The file's header says what it takes and answers.
 */
const PARTS = {
  store: ['once', 'forget', 'failure', 'wake', 'store'],
  keep: ['once', 'forget', 'failure', 'wake', 'msgid', 'outdated', 'keep'],
  'ack-queue': ['failure', 'ack-queue'],
  'ack-pubsub': ['failure', 'msgid', 'ack-pubsub'],
  'ack-latest': ['failure', 'ack-latest'],
  presence: ['failure', 'presence'],
  page: ['msgid', 'record', 'old-scores', 'start', 'page'],
  retained: ['msgid', 'record', 'old-scores', 'start', 'retained'],
  records: ['record', 'records'],
  latest: ['record', 'latest'],
  'changed-topics': ['changed-topics'],
  adopt: ['adopt'],
} as const satisfies Record<string, readonly string[]>

export type ScriptName = keyof typeof PARTS

export interface Script {
  readonly text: string
  /** SHA-1 of the text in hex, the name under which Redis keeps it (redis.io/commands/evalsha). */
  readonly sha: string
}

/**
 * The keys that scripts build from what they are given: on one server a script need not declare its
 * keys. Taken from the one page that lists them all.
 */
const KEYS = `
local MESSAGE, LOG = '${keys.message('')}', '${keys.log('')}'
local POSITION = '${keys.position('', '').slice(0, -1)}'
local RETAINED, LATEST = '${keys.retained('')}', '${keys.latest('')}'
local CLIENT, NODE = '${keys.client('')}', '${keys.node('')}'
local CLOCK, RENEWING, ADOPTING = '${keys.clock}', '${keys.renewing}', '${keys.adopting}'
local TOPICS, RETAINEDS, LATESTS = '${keys.topics}', '${keys.retainedTopics}', '${keys.latestTopics}'
`

/** All scripts, read and hashed when the module is loaded. */
export const SCRIPTS: Readonly<Record<ScriptName, Script>> = {
  store: script('store'),
  keep: script('keep'),
  'ack-queue': script('ack-queue'),
  'ack-pubsub': script('ack-pubsub'),
  'ack-latest': script('ack-latest'),
  presence: script('presence'),
  page: script('page'),
  retained: script('retained'),
  records: script('records'),
  latest: script('latest'),
  'changed-topics': script('changed-topics'),
  adopt: script('adopt'),
}

function script(name: ScriptName): Script {
  return assemble(KEYS, PARTS[name])
}

/** A script of what its parts find defined, and the parts, files in the folder of scripts. */
export function assemble(definitions: string, parts: readonly string[]): Script {
  const text = [definitions, ...parts.map(part)].join('\n')
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

function part(name: string): string {
  // by way of the folder above, which the bundle has too
  return readFileSync(new URL(`../store/scripts/${name}.lua`, import.meta.url), 'utf8')
}
