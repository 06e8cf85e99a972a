import { watch as watchPaths, type FSWatcher } from 'chokidar'
import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { emptied, vanished } from '../engine/blank.ts'
import type { Log } from '../engine/log-port.ts'
import type { Snapshot } from '../engine/reload-ports.ts'
import { linkChain } from './link-chain.ts'
import { fingerprint } from './sources.ts'

export interface WatchOptions {
  /** Rules files and folders, as the user named them; what they lead to is in the snapshots. */
  readonly files: readonly string[]
  readonly read: () => Promise<Snapshot>
  /** The snapshot that was last loaded or refused, whoever asked for it. */
  readonly seen: () => Snapshot
  /** Loads what is there now; afterwards `seen` is about that. */
  readonly onChange: () => Promise<unknown>
  readonly log: Log
  /** Milliseconds; the defaults are {@link TIMES}. */
  readonly times?: Partial<typeof TIMES>
}

export interface Watch {
  close(): Promise<void>
}

const TIMES = {
  /** A burst of events is one look at the files. */
  debounceMs: 50,
  /** How long a file may be gone or empty before that is taken for what its owner wants. */
  graceMs: 1_000,
  /** The net below: file systems that report nothing (network mounts) are looked at so often. */
  pollMs: 30_000,
}

/**
 * Watches rules files, with all that they include and refer to, and calls `onChange` once per save, whatever way it was saved: written in
 * place, renamed over, removed and made anew, or a link on the way to it pointed elsewhere. Events
 * are only hints; what counts is that the content differs from what was last seen. Resolves when
 * changes from now on are noticed.
 */
export async function watchFiles(options: WatchOptions): Promise<Watch> {
  const { debounceMs, graceMs, pollMs } = { ...TIMES, ...options.times }
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let lookAgain = false
  /** An unlikely content (gone, empty), and until when it is not believed. */
  let doubted: { readonly print: string, readonly until: number } | undefined

  // Folders rather than files are watched: a file that is replaced takes its watch with it.
  const wanted = new Set<string>()
  // Each with what tells it from one that is put in its place.
  const folders = new Map<string, string | undefined>()
  // Those in which any file may be one of the rules.
  const searched = new Set<string>()
  let hampered = false
  let watcher = openWatcher()
  const ready = new Promise<void>(resolve => { watcher.once('ready', resolve) })
  await follow(options.seen())
  await ready
  const poll = setInterval(() => { soon(0) }, pollMs)
  // The files may have changed between their loading and now.
  startLook()
  await looking

  return {
    async close() {
      closed = true
      clearInterval(poll)
      clearTimeout(timer)
      await watcher.close()
      await looking
    },
  }

  function openWatcher(): FSWatcher {
    const opened = watchPaths([...folders.keys()], {
      ignoreInitial: true,
      awaitWriteFinish: { stabilityThreshold: 200, pollInterval: 50 },
      followSymlinks: false,
      depth: 0,
      ignored: path => !wanted.has(path) && !searched.has(dirname(path)),
    })
    opened.on('all', () => { soon(debounceMs) })
    opened.on('raw', (event, name, about) => {
      const folder = typeof about === 'object' && about !== null && 'watchedPath' in about ? about.watchedPath : undefined
      // the folder itself was moved away: what is in its place is for `follow` to see
      if (event === 'rename' && typeof folder === 'string' && folders.has(folder) && name === basename(folder)) soon(debounceMs)
    })
    opened.on('error', (error) => {
      // each folder fails alike where the system has no watches left
      if (!hampered) options.log.warn({ err: error, everySeconds: pollMs / 1_000 }, 'watching the rules files is hampered: a change may be noticed late, when they are looked at')
      hampered = true
    })
    return opened
  }

  /**
   * Watches where the files are now: a link that was pointed elsewhere leads to new folders, and so
   * does a new include. Says whether anything is watched that was not before.
   */
  async function follow({ watched = { files: [], folders: [] } }: Snapshot): Promise<boolean> {
    const links = (await Promise.all([...options.files, ...watched.files, ...watched.folders].map(linkChain))).flat()
    const places = await Promise.all(watched.folders.map(async path => (await linkChain(path)).at(-1) ?? path))
    const news = links.some(link => !wanted.has(link))
    for (const path of [...links, ...links.map(link => dirname(link)), ...places]) wanted.add(path)
    for (const place of places) searched.add(place)
    const changes = await Promise.all([...new Set([...links.map(link => dirname(link)), ...places])].map(followFolder))
    if (changes.includes('replaced')) await replaceWatcher()
    return news || changes.some(change => change !== 'same')
  }

  /** One that is not there is noticed by its parent when it comes. */
  async function followFolder(path: string): Promise<'same' | 'new' | 'replaced'> {
    const identity = await stat(path).then(({ ino, birthtimeMs }) => `${ino} ${birthtimeMs}`, () => undefined)
    const known = folders.has(path)
    const before = folders.get(path)
    if (known && (identity === undefined || identity === before)) return 'same'
    folders.set(path, identity)
    if (before !== undefined) return 'replaced'
    watcher.add(path)
    return 'new'
  }

  /** What watches a folder goes with it when it is moved away, and knows its files by those that were in it. */
  async function replaceWatcher(): Promise<void> {
    const before = watcher
    watcher = openWatcher()
    await before.close()
  }

  function soon(ms: number): void {
    if (closed) return
    clearTimeout(timer)
    timer = setTimeout(startLook, ms)
  }

  function startLook(): void {
    if (looking !== undefined) {
      lookAgain = true
      return
    }
    looking = look()
      .catch((error: unknown) => { options.log.error({ err: error }, 'looking at the rules files failed') })
      .finally(() => {
        looking = undefined
        if (lookAgain) soon(debounceMs)
        lookAgain = false
      })
  }

  async function look(): Promise<void> {
    const snapshot = await options.read()
    // What changed before it was watched has been seen, or is now.
    if (await follow(snapshot)) lookAgain = true
    const seen = options.seen()
    const print = fingerprint(snapshot)
    if (closed || print === fingerprint(seen)) {
      doubted = undefined
      return
    }
    if (isDoubtful(seen, snapshot)) {
      if (doubted?.print !== print) doubted = { print, until: Date.now() + graceMs }
      const restMs = doubted.until - Date.now()
      if (restMs > 0) {
        soon(restMs)
        return
      }
    }
    doubted = undefined
    await options.onChange()
  }
}

/** A save in two steps shows a file that is gone or empty for a moment. */
function isDoubtful(seen: Snapshot, now: Snapshot): boolean {
  if (!now.readable) return true
  return seen.readable && (emptied(seen.sources, now.sources) !== undefined || vanished(seen.sources, now.sources))
}
