import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Source } from '../compile.ts'
import type { Snapshot } from '../engine/reload-ports.ts'

/** Reads of one snapshot at most, and milliseconds between two of them. */
const READS = 10
const PAUSE_MS = 20

/**
 * Reads the rules files as one snapshot: all of them, again and again, until two reads agree. So a
 * file that is just being written, or two files that are being replaced together, are seldom seen
 * half done; one that never comes to rest is taken as last read. A file that cannot be read makes
 * the whole snapshot unreadable: it is never taken for an empty one.
 */
export async function readSources(files: readonly string[]): Promise<Snapshot> {
  let before = await readOnce(files)
  for (let reads = 1; reads < READS; reads += 1) {
    await sleep(PAUSE_MS)
    const now = await readOnce(files)
    if (fingerprint(now) === fingerprint(before)) return now
    before = now
  }
  return before
}

/** Equal for snapshots with the same content, or with the same trouble. */
export function fingerprint(snapshot: Snapshot): string {
  return createHash('sha256').update(JSON.stringify(snapshot)).digest('base64')
}

async function readOnce(files: readonly string[]): Promise<Snapshot> {
  const sources: Source[] = []
  for (const name of files) {
    try {
      sources.push({ name, text: await readFile(name, 'utf8') })
    } catch (error) {
      return { readable: false, file: name, reason: reasonOf(error) }
    }
  }
  return { readable: true, sources }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder; name the files in it',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is no folder',
}

function reasonOf(error: unknown): string {
  // Node's file errors carry a code; anything else is said in its own words.
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return REASONS[code] ?? String(error)
}
