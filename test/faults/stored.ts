import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster, Redis } from 'ioredis'

/** What became of messages in Redis, whoever says so. */
export interface Stored {
  /** Payload → the records it ever had. More than one: it was stored as a message of its own again. */
  readonly records: ReadonlyMap<string, ReadonlySet<string>>
  /** Keys of records that were written again after they had been deleted. */
  readonly broughtBack: readonly string[]
  /** Nothing that was ever stored is missing here. */
  readonly whole: boolean
}

const RECORD = 'mqtt:msg:'

/** What the append-only files of a Redis say that was started with `appendfsync always`: each write that it confirmed, in order. */
export function storedByFiles(folder: string): Stored {
  const records = new Map<string, Set<string>>()
  const broughtBack: string[] = []
  const deleted = new Set<string>()
  for (const path of appendOnlyFiles(folder)) {
    for (const [command, key = '', ...args] of commandsOf(readFileSync(path))) {
      if (!key.startsWith(RECORD)) continue
      switch (command?.toUpperCase()) {
        case 'HSET': {
          if (deleted.delete(key)) broughtBack.push(key)
          const payload = args[args.indexOf('payload') + 1]
          if (payload !== undefined) note(records, payload, key)
          break
        }
        case 'DEL':
        case 'UNLINK':
          for (const each of [key, ...args]) deleted.add(each)
          break
        default:
      }
    }
  }
  return { records, broughtBack, whole: true }
}

/** What is in Redis now, of topics from which nothing is taken before it expires. */
export async function storedNow(redis: Redis | Cluster, topics: readonly string[]): Promise<Stored> {
  const records = new Map<string, Set<string>>()
  for (const topic of topics) {
    const ids = await redis.zrange(`${RECORD}${topic}`, '0', '-1')
    const payloads = await Promise.all(ids.map((id) => redis.hget(`${RECORD}${id}`, 'payload')))
    for (const [i, payload] of payloads.entries()) if (payload !== null) note(records, payload, `${RECORD}${ids[i]}`)
  }
  return { records, broughtBack: [], whole: false }
}

function note(records: Map<string, Set<string>>, payload: string, key: string): void {
  const known = records.get(payload)
  if (known === undefined) records.set(payload, new Set([key]))
  else known.add(key)
}

/** Oldest first; also those of data that was put aside, as `appendonlydir.1` and so on. */
function appendOnlyFiles(folder: string): string[] {
  const number = (name: string): number => Number(/^appendonlydir\.(\d+)$/.exec(name)?.[1] ?? Infinity)
  const folders = readdirSync(folder).filter((name) => name.startsWith('appendonlydir')).toSorted((a, b) => number(a) - number(b))
  return folders.flatMap((name) => {
    const files = readdirSync(join(folder, name)).filter((file) => file.endsWith('.incr.aof'))
    const sequence = (file: string): number => Number(/\.(\d+)\.incr\.aof$/.exec(file)?.[1])
    return files.toSorted((a, b) => sequence(a) - sequence(b)).map((file) => join(folder, name, file))
  })
}

/** Commands of an append-only file (redis.io/docs/reference/protocol-spec); what SIGKILL left half written at its end is none. */
function* commandsOf(bytes: Buffer): Generator<string[]> {
  let at = 0
  /** The number after the letter, up to the end of the line. */
  const header = (letter: string): number | undefined => {
    const end = bytes.indexOf('\r\n', at)
    if (end === -1) return undefined
    const line = bytes.toString('latin1', at, end)
    if (!line.startsWith(letter)) throw new Error(`"${line}" in an append-only file at ${at}, where ${letter} should be`)
    at = end + 2
    return Number(line.slice(1))
  }
  while (at < bytes.length) {
    const count = header('*')
    if (count === undefined) return
    const words: string[] = []
    for (let i = 0; i < count; i++) {
      const length = header('$')
      if (length === undefined || at + length + 2 > bytes.length) return
      words.push(bytes.toString('utf8', at, at + length))
      at += length + 2
    }
    yield words
  }
}
