import { isUtf8 } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import type { Inclusion, Reference, Source } from '../diagnostic/source.ts'
import type { Watched } from '../engine/reload-ports.ts'
import { parse } from '../syntax/parse.ts'
import type { ParseCache } from '../syntax/parse-cache.ts'
import { decode } from './decode.ts'
import { fileReason } from './file-reason.ts'
import { filesMatching, isFolder, isPattern, placeOf } from './find-files.ts'

/** Reads rules files with all that their lines refer to, and notes what would have to change for them to change. */
export interface SourceReader {
  /** Rejects if the file itself cannot be read; what it refers to and cannot be read is part of the source. */
  read(name: string): Promise<Source>
  /** As {@link read}, with what stands in the file given. */
  take(name: string, bytes: Buffer): Promise<Source>
  /** A source without file: its references are looked up. */
  complete(source: Source): Promise<Source>
  /** What was looked at so far. */
  readonly watched: Watched
  /** What stood in the files that were read, by their names. */
  readonly bytes: ReadonlyMap<string, Buffer>
}

/** Files included in all: two that include each other twice over would have no end that anybody lives to see. */
const MAX_INCLUDED = 1_000
/** Bytes. No setting is longer. */
const MAX_VALUE = 65_536

const NO_FILE = 'it is no file'

/** A file that is being read: as it is named, and where it is. */
interface Open {
  readonly name: string
  readonly place: string
}

export interface ReaderOptions {
  /** In the place of what is in the files there; by their places, links followed. */
  readonly contents?: ReadonlyMap<string, Buffer> | undefined
  /** What was parsed before. */
  readonly parsed?: ParseCache | undefined
}

export function createSourceReader(env: NodeJS.ProcessEnv, { contents = new Map(), parsed }: ReaderOptions = {}): SourceReader {
  const bytes = new Map<string, Buffer>()
  const files = new Set<string>()
  const folders = new Set<string>()
  let included = 0

  return {
    get watched() { return { files: [...files], folders: [...folders] } },
    bytes,
    read: name => read(name, []),
    take: (name, taken) => withMentions(sourceOf(name, taken), []),
    complete: source => withMentions(source, []),
  }

  async function read(name: string, within: readonly Open[]): Promise<Source> {
    files.add(name)
    const given = contents.size === 0 ? undefined : contents.get(await placeOf(name))
    return await withMentions(sourceOf(name, given ?? await readFile(name)), within)
  }

  function sourceOf(name: string, read: Buffer): Source {
    bytes.set(name, read)
    return { name, ...decode(read) }
  }

  async function withMentions(source: Source, within: readonly Open[]): Promise<Source> {
    const { paths, names } = mentionsIn(source, parsed)
    if (paths.length === 0 && names.length === 0) return source
    const open = [...within, { name: source.name, place: await placeOf(source.name) }]
    const includes: Inclusion[] = []
    for (const path of paths) includes.push(await include(path, open))
    const references: Reference[] = []
    for (const { kind, name } of names) references.push(kind === 'env' ? variable(name) : await fileValue(name, source.name))
    return { ...source, includes, references }
  }

  async function include(path: string, open: readonly Open[]): Promise<Inclusion> {
    const within = open.at(-1)
    const found = await lookFor(path, within)
    if ('kind' in found) return found
    const sources: Source[] = []
    for (const file of found) {
      const place = await placeOf(file)
      const cycle = open.findIndex(other => other.place === place)
      if (cycle !== -1) return { kind: 'cycle', path, file, through: open.slice(cycle + 1).map(({ name }) => name) }
      included += 1
      if (included > MAX_INCLUDED) return { kind: 'missing', path, file, reason: `${MAX_INCLUDED} files are included by then, and that is the most` }
      try {
        // a pipe is waited for until somebody writes, and with it every reload after this one
        if ((await stat(file)).isFIFO()) return { kind: 'missing', path, file, reason: NO_FILE }
        sources.push(await read(file, open))
      } catch (error) {
        return { kind: 'missing', path, file, reason: fileReason(error) }
      }
    }
    return { kind: 'read', path, sources }
  }

  /** The files that an include means. A path that is a file as it stands is no pattern; a pattern leaves out the file that it stands in. */
  async function lookFor(path: string, within: Open | undefined): Promise<readonly string[] | Inclusion> {
    const folder = dirname(within?.name ?? '')
    const file = isAbsolute(path) ? path : join(folder, path)
    try {
      if (await isFolder(file)) return { kind: 'folder', path, file }
    } catch (error) {
      if (await isPattern(path)) {
        const matching = await filesMatching(path, folder)
        for (const it of matching.folders) folders.add(it)
        const places = await Promise.all(matching.files.map(placeOf))
        return matching.files.filter((_, i) => places[i] !== within?.place)
      }
      files.add(file)
      return { kind: 'missing', path, file, reason: fileReason(error) }
    }
    return [file]
  }

  function variable(name: string): Reference {
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    return value === undefined ? { kind: 'env', name, value, reason: 'it is not set' } : { kind: 'env', name, value }
  }

  async function fileValue(path: string, from: string): Promise<Reference> {
    const file = isAbsolute(path) ? path : join(dirname(from), path)
    files.add(file)
    const missing = (reason: string): Reference => ({ kind: 'file', name: path, value: undefined, reason })
    try {
      const found = await stat(file)
      if (found.isDirectory()) return missing('it is a folder')
      // What is no file may never end, or be another the next time.
      if (!found.isFile()) return missing(NO_FILE)
      if (found.size > MAX_VALUE) return missing(`it has more than ${MAX_VALUE} bytes`)
      const bytes = await readFile(file)
      if (!isUtf8(bytes)) return missing('it is no UTF-8')
      return { kind: 'file', name: path, value: bytes.toString('utf8').replace(/\r?\n$/, '') }
    } catch (error) {
      return missing(fileReason(error))
    }
  }
}

interface Mentions {
  readonly paths: readonly string[]
  readonly names: readonly Pick<Reference, 'kind' | 'name'>[]
}

/** Nearly every file mentions no other, and need not be parsed to know that. */
const MAY_MENTION = /include|\$\{(?:env|file):/

/** The paths of a source's includes and the names of its references, each once. */
function mentionsIn(source: Source, parsed: ParseCache | undefined): Mentions {
  if (!MAY_MENTION.test(source.text)) return { paths: [], names: [] }
  const { lines } = parse(source, parsed)
  const paths = lines.flatMap(line => line.kind === 'include' ? [line.path] : [])
  const names = lines.flatMap(line => line.kind === 'setting' ? line.value.parts : [])
    .flatMap(part => part.kind === 'text' ? [] : [[`${part.kind}:${part.name}`, { kind: part.kind, name: part.name }] as const])
  return { paths: [...new Set(paths)], names: [...new Map(names).values()] }
}
