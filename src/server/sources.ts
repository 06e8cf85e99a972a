import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { withIncluded, type Source } from '../diagnostic/source.ts'
import type { Snapshot } from '../engine/reload-ports.ts'
import type { ParseCache } from '../syntax/parse-cache.ts'
import { environmentSource } from './environment.ts'
import { fileReason } from './file-reason.ts'
import { filesOfFolder, isFolder, placeOf } from './find-files.ts'
import { createSourceReader, type SourceReader } from './source-reader.ts'

export interface ReadOptions {
  /** Variables; those of the process, unless said. */
  readonly env?: NodeJS.ProcessEnv
  /** `HOOKLINE_..` and `EMQX_..` variables are settings, read after the files; unless said, they are. */
  readonly overrides?: boolean
  /** What was parsed before; the files are parsed for what they mention. */
  readonly parsed?: ParseCache
}

/** Reads of one snapshot at most, and milliseconds between two of them. */
const READS = 10
const PAUSE_MS = 20

/**
 * Reads rules files as one snapshot: all of them, with what they include and refer to, again and
 * again, until two reads agree. So a file that is just being written, or two files that are being
 * replaced together, are seldom seen half done; one that never comes to rest is taken as last read.
 * A file that cannot be read makes the whole snapshot unreadable: it is never taken for an empty
 * one. A path may be a folder: its `*.conf`, recursively, sorted.
 */
export async function readSources(paths: readonly string[], options: ReadOptions = {}): Promise<Snapshot> {
  let before = await readOnce(paths, options)
  for (let reads = 1; reads < READS; reads += 1) {
    await sleep(PAUSE_MS)
    const now = await readOnce(paths, options)
    if (fingerprint(now) === fingerprint(before)) return now
    before = now
  }
  return before
}

/** Equal for snapshots with the same content, or with the same trouble. */
export function fingerprint(snapshot: Snapshot): string {
  return createHash('sha256').update(JSON.stringify({ ...snapshot, watched: undefined })).digest('base64')
}

async function readOnce(paths: readonly string[], { env = process.env, overrides = true, parsed }: ReadOptions): Promise<Snapshot> {
  const reader = createSourceReader(env, { parsed })
  const found = await findNamed(paths)
  const read = found.ok ? await readAll(found.named, reader) : found
  const watched = { files: [...paths, ...reader.watched.files], folders: [...found.folders, ...reader.watched.folders] }
  if (!read.ok) return { readable: false, file: read.file, reason: read.reason, watched }
  const variables = overrides ? await variablesOf(env, reader) : []
  return { readable: true, sources: [...await withoutParts(read.sources), ...variables], watched }
}

export interface NamedContent {
  readonly name: string
  readonly bytes: Buffer
}

/** What stands in the place of the path `-`. */
export type StandardInput = NamedContent

export interface ReadProgramsOptions extends ReadOptions {
  readonly stdin: StandardInput | undefined
  /** In the place of what is in the files there; by their places, links followed. */
  readonly contents?: ReadonlyMap<string, Buffer>
}

export type Programs =
  | {
    readonly ok: true
    readonly programs: readonly (readonly Source[])[]
    /** What stood in the files, included ones too, by their names. */
    readonly bytes: ReadonlyMap<string, Buffer>
  }
  | Trouble

/** Reads rules files each as a program of its own, once; one that a folder has and that another includes is none. */
export async function readPrograms(paths: readonly string[], { env = process.env, overrides = true, parsed, stdin, contents }: ReadProgramsOptions): Promise<Programs> {
  const reader = createSourceReader(env, { contents, parsed })
  const found = await findNamed(paths, stdin)
  if (!found.ok) return found
  const read = await readAll(found.named, reader)
  if (!read.ok) return read
  const variables = overrides ? await variablesOf(env, reader) : []
  return { ok: true, programs: (await withoutParts(read.sources)).map(source => [source, ...variables]), bytes: reader.bytes }
}

/** The files that paths mean, without what they include. */
export async function readNamed(paths: readonly string[], stdin?: StandardInput): Promise<{ readonly ok: true, readonly files: readonly NamedContent[] } | Trouble> {
  const found = await findNamed(paths, stdin)
  if (!found.ok) return found
  const files: NamedContent[] = []
  for (const { name, bytes } of found.named) {
    try {
      files.push({ name, bytes: bytes ?? await readFile(name) })
    } catch (error) {
      return { ok: false, file: name, reason: fileReason(error) }
    }
  }
  return { ok: true, files }
}

async function variablesOf(env: NodeJS.ProcessEnv, reader: SourceReader): Promise<readonly Source[]> {
  const variables = environmentSource(env)
  return variables === undefined ? [] : [await reader.complete(variables)]
}

interface Trouble {
  readonly ok: false
  readonly file: string
  readonly reason: string
  /** It was to be written; else read. */
  readonly writing?: true
}

/** A file that an argument means, by its name or by that of a folder. */
interface NamedFile {
  readonly name: string
  readonly inFolder: boolean
  /** What stands in it, of standard input. */
  readonly bytes?: Buffer
}

type FoundFiles = { readonly folders: readonly string[] } & ({ readonly ok: true, readonly named: readonly NamedFile[] } | Trouble)

/** The files that paths of files and folders mean, each once. A folder without any is trouble: it is never "empty and valid". */
async function findNamed(paths: readonly string[], stdin?: StandardInput): Promise<FoundFiles> {
  const named = new Map<string, NamedFile>()
  const folders: string[] = []
  const trouble = (file: string, reason: string): FoundFiles => ({ ok: false, file, reason, folders })
  for (const path of paths) {
    if (path === '-' && stdin !== undefined) {
      named.set(stdin.name, { ...stdin, inFolder: false })
      continue
    }
    try {
      if (!await isFolder(path)) {
        named.set(path, { name: path, inFolder: false })
        continue
      }
    } catch (error) {
      return trouble(path, fileReason(error))
    }
    const inside = await filesOfFolder(path)
    folders.push(...inside.folders)
    if (inside.files.length === 0) return trouble(path, 'it is a folder, and has no *.conf')
    for (const name of inside.files) if (!named.has(name)) named.set(name, { name, inFolder: true })
  }
  return { ok: true, named: [...named.values()], folders }
}

interface ReadFile {
  readonly source: Source
  readonly inFolder: boolean
}

async function readAll(named: readonly NamedFile[], reader: SourceReader): Promise<{ readonly ok: true, readonly sources: readonly ReadFile[] } | Trouble> {
  const sources: ReadFile[] = []
  for (const { name, inFolder, bytes } of named) {
    try {
      sources.push({ source: bytes === undefined ? await reader.read(name) : await reader.take(name, bytes), inFolder })
    } catch (error) {
      return { ok: false, file: name, reason: fileReason(error) }
    }
  }
  return { ok: true, sources }
}

/** Those that are no part of another: what was found in a folder and is included is read there. Of files that include each other the first counts. */
async function withoutParts(files: readonly ReadFile[]): Promise<readonly Source[]> {
  if (files.every(({ source, inFolder }) => !inFolder || source.includes === undefined)) return files.map(({ source }) => source)
  const trees = await Promise.all(files.map(async (file) => {
    const [own = '', ...parts] = await Promise.all(withIncluded([file.source]).map(({ name }) => placeOf(name)))
    return { ...file, own, parts: new Set(parts) }
  }))
  const isPart = ({ inFolder, own }: typeof trees[number], of: typeof trees): boolean => inFolder && of.some(({ parts }) => parts.has(own))
  const whole = trees.filter(tree => !isPart(tree, trees))
  for (const tree of trees) if (!whole.includes(tree) && !isPart(tree, whole)) whole.push(tree)
  return trees.filter(tree => whole.includes(tree)).map(({ source }) => source)
}
