import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'

/** Files that were looked for, and the folders whose change can make them others. */
export interface FoundFiles {
  /** Sorted; a file that is reached by several links is there once. */
  readonly files: readonly string[]
  /** Absolute. */
  readonly folders: readonly string[]
}

/** The rules files of a folder and of those in it; hidden ones are none. */
export async function filesOfFolder(folder: string): Promise<FoundFiles> {
  return await filesMatching('**/*.conf', folder)
}

/** The files that a pattern matches, relative to the folder as `folder` names it. */
export async function filesMatching(pattern: string, folder: string): Promise<FoundFiles> {
  const { glob, isDynamicPattern } = await import('tinyglobby')
  const options = { cwd: folder, expandDirectories: false, absolute: isAbsolute(pattern) }
  const named = (path: string): string => isAbsolute(path) ? path : join(folder, path)
  const files = (await glob(pattern, options)).map(named).sort()
  const folders = await Promise.all(foldersOf(pattern, isDynamicPattern).map(async (part): Promise<readonly string[]> =>
    isDynamicPattern(part) ? (await glob(part, { ...options, onlyDirectories: true })).map(named) : [named(part)]))
  return { files: await eachOnce(files), folders: [...new Set(folders.flat().map(path => resolve(path)))] }
}

/** What looks for files is loaded only for a path that could be a pattern: hardly one is. */
export async function isPattern(path: string): Promise<boolean> {
  return !/^[\w ./-]*$/.test(path) && (await import('tinyglobby')).isDynamicPattern(path)
}

/** Patterns of the folders in which something must be looked for: that of the fixed beginning, and all that follow. */
function foldersOf(pattern: string, isDynamic: (part: string) => boolean): readonly string[] {
  const parts = pattern.split('/')
  const fixed = parts.findIndex(part => isDynamic(part))
  return parts.flatMap((_, i) => i >= fixed ? [parts.slice(0, i).join('/') || (isAbsolute(pattern) ? '/' : '.')] : [])
}

async function eachOnce(files: readonly string[]): Promise<readonly string[]> {
  const byPlace = new Map<string, string>()
  for (const file of files) {
    const place = await placeOf(file)
    if (!byPlace.has(place)) byPlace.set(place, file)
  }
  return [...byPlace.values()]
}

/** Where a path leads, links followed; itself if it leads nowhere. */
export async function placeOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    return resolve(path)
  }
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory()
}
