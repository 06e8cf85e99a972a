import type { KeyType } from '../language/command-keys.ts'

/** What the functions keep at their keys, as {@link Action.keys} names them (SPEC 3). */
export const FUNCTION_KEY_TYPES: ReadonlyMap<string, KeyType> = new Map<string, KeyType>([
  ['mqtt:client:${clientid}', 'hash'],
  ['mqtt:node:${node}', 'hash'],
  ['mqtt:sub:${clientid}', 'hash'],
  ['mqtt:msg:${msgid}', 'hash'],
  ['mqtt:msg:${topic}', 'sorted set'],
  ['mqtt:acked:${clientid}:${topic}', 'string'],
  ['mqtt:retain:${topic}', 'hash'],
  ['mqtt:latest:${topic}', 'hash'],
])
