import { lstat, readlink } from 'node:fs/promises'
import { dirname, join, parse, resolve, sep } from 'node:path'

/** As the kernel does, give up on a circle. */
const MAX_LINKS = 40

/**
 * The paths whose change can change what is read at `path`: every symbolic link on the way, in
 * order, and last the place where the way ends (the file itself, or the first part that is
 * missing). A Kubernetes ConfigMap file is `rules.conf -> ..data/rules.conf` with
 * `..data -> ..2024_05_01`, and an update replaces only `..data`.
 */
export async function linkChain(path: string): Promise<readonly string[]> {
  const chain: string[] = []
  let { real, rest } = split(resolve(path))
  while (rest.length > 0) {
    const [part = '', ...after] = rest
    const here = join(real, part)
    const found = await look(here)
    if (found.kind === 'missing' || chain.length === MAX_LINKS) return [...chain, here]
    if (found.kind === 'link') {
      chain.push(here)
      const next = split(resolve(dirname(here), found.target))
      real = next.real
      rest = [...next.rest, ...after]
    } else {
      real = here
      rest = after
    }
  }
  return [...chain, real]
}

function split(absolute: string): { real: string, rest: string[] } {
  const { root } = parse(absolute)
  return { real: root, rest: absolute.slice(root.length).split(sep).filter(part => part !== '') }
}

type Found = { readonly kind: 'link', readonly target: string } | { readonly kind: 'no link' } | { readonly kind: 'missing' }

async function look(path: string): Promise<Found> {
  try {
    if (!(await lstat(path)).isSymbolicLink()) return { kind: 'no link' }
    return { kind: 'link', target: await readlink(path) }
  } catch {
    // Not there, or not to be looked into: either way nothing behind it can be watched.
    return { kind: 'missing' }
  }
}
