import { watch as watchPaths } from 'chokidar'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
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
  // Folders in which any file may be one of the rules, each with what tells it from one made anew in its place.
  const searched = new Map<string, string>()
  const watcher = watchPaths([], {
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: 200, pollInterval: 50 },
    followSymlinks: false,
    depth: 0,
    ignored: path => !wanted.has(path) && !searched.has(dirname(path)),
  })
  watcher.on('all', () => { soon(debounceMs) })
  watcher.on('error', error => { options.log.warn({ err: error }, 'watching the rules files is hampered') })
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

  /**
   * Watches where the files are now: a link that was pointed elsewhere leads to new folders, and so
   * does a new include. Says whether anything is watched that was not before.
   */
  async function follow({ watched = { files: [], folders: [] } }: Snapshot): Promise<boolean> {
    const news = [
      ...await Promise.all([...options.files, ...watched.files, ...watched.folders].map(followLinks)),
      ...await Promise.all(watched.folders.map(followFolder)),
    ]
    return news.includes(true)
  }

  async function followLinks(path: string): Promise<boolean> {
    const news = (await linkChain(path)).filter(link => !wanted.has(link))
    for (const link of news) {
      wanted.add(link)
      wanted.add(dirname(link))
      watcher.add(dirname(link))
    }
    return news.length > 0
  }

  /** One that is not there is noticed by its parent when it comes. */
  async function followFolder(path: string): Promise<boolean> {
    const place = (await linkChain(path)).at(-1) ?? path
    const identity = await stat(place).then(({ ino, birthtimeMs }) => `${ino} ${birthtimeMs}`, () => undefined)
    if (identity === undefined || searched.get(place) === identity) return false
    searched.set(place, identity)
    wanted.add(place)
    watcher.add(place)
    return true
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
