import { distance } from 'fastest-levenshtein'

/** The names that are near enough to what was written to have been meant, nearest first. */
export function nearest(written: string, names: Iterable<string>, most = 3): readonly string[] {
  const wanted = written.toLowerCase()
  const reach = Math.max(2, Math.floor(written.length / 3))
  const ranked = [...names]
    .map(name => ({ name, far: distance(wanted, name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
  // One that is much farther than the nearest was not meant either.
  const farthest = Math.min(reach, (ranked[0]?.far ?? 0) + 1)
  return ranked.filter(({ far }) => far <= farthest).slice(0, most).map(({ name }) => name)
}

/** A list as a sentence has it: `a`, `b` or `c`. */
export function oneOfThese(names: readonly string[], joiner: 'or' | 'and' = 'or'): string {
  const quoted = names.map(name => `\`${name}\``)
  if (quoted.length < 2) return quoted.join('')
  return `${quoted.slice(0, -1).join(', ')} ${joiner} ${quoted.at(-1)}`
}

/** The hint for a misspelt name: the near names, else all if they are few. */
export function nameHint(written: string, names: readonly string[]): string | undefined {
  const near = nearest(written, names)
  if (near.length > 0) return `write ${oneOfThese(near)}`
  return names.length > 0 && names.length <= 8 ? `write one of ${oneOfThese(names)}` : undefined
}
