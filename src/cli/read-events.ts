import { readFile } from 'node:fs/promises'
import type { RecentEvent, RecentLook } from '../engine/recent-events.ts'
import { HOOK_NAMES } from '../language/hooks.ts'
import { fileReason } from '../server/file-reason.ts'

/** Events that a broker had, from a file as `hookline status --events` writes it; else why not, in a sentence. */
export async function readEvents(file: string): Promise<RecentLook | string> {
  try {
    const look: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isLook(look) ? look : `${file} has no events in it as hookline status --events writes them`
  } catch (error) {
    return error instanceof SyntaxError ? `${file} has no events in it as hookline status --events writes them` : `cannot read ${file}: ${fileReason(error)}`
  }
}

function isLook(value: unknown): value is RecentLook {
  return isObject(value) && typeof value['since'] === 'number' && typeof value['until'] === 'number'
    && isObject(value['counts']) && HOOK_NAMES.every(hook => typeof (value['counts'] as Record<string, unknown>)[hook] === 'number') // it is an object
    && Array.isArray(value['events']) && value['events'].every(isEvent)
}

/** Each as its hook has it: what is missing would be replayed as something else. */
function isEvent(value: unknown): value is RecentEvent {
  if (!isObject(value)) return false
  const { hook, at, clientid, topic } = value
  return typeof at === 'number' && typeof clientid === 'string' && HOOK_NAMES.some(name => name === hook)
    && (typeof topic === 'string' || hook === 'client.connected' || hook === 'client.disconnected' || hook === 'session.created')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
