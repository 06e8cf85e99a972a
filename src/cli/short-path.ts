import { relative } from 'node:path'

/** As short as it can be typed from here. */
export function shortPath(path: string): string {
  const below = relative('.', path)
  return below.length < path.length ? below : path
}
