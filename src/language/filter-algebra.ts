/** How many ways to begin a topic are followed at once; beyond it the search ends without a find. Two filters never need more than nine. */
const MAX_STATES = 500

/** How a filter stands to the levels read so far: each level fits, `#` has been reached, or it cannot match any more. */
type Reading = 'fits' | 'open' | 'dead'

/** The levels of a topic, the last one first. */
interface Path {
  readonly level: string
  readonly before: Path | undefined
  /** How many of its levels no filter names. */
  readonly invented: number
}

interface State {
  readonly path: Path | undefined
  readonly readings: readonly Reading[]
}

/**
 * A topic that all filters of the first list match and none of the second; undefined if there is
 * none. Where it can, it has a level for each `#`: `queue/a`, not `queue`, for `queue/#`. Filters
 * are valid ones; `#` and `+` at the front match no topic that begins with `$` [MQTT-4.7.2-1].
 *
 * Exact for up to some dozen filters: what is returned is always right, and `undefined` is unless
 * the search was given up, which only many filters with both names and `+` at the same levels can bring about.
 */
export function exampleTopic(matched: readonly string[], unmatched: readonly string[] = []): string | undefined {
  const filters = [...matched, ...unmatched].map(filter => filter.split('/'))
  const depth = Math.max(0, ...filters.map(({ length }) => length)) + 1
  let row: readonly State[] = [{ path: undefined, readings: filters.map(() => 'fits') }]
  let terse: string | undefined
  for (let read = 0; read < depth && row.length > 0; read += 1) {
    const next = new Map<string, State>()
    for (const state of row) {
      for (const level of candidates(filters, state, read)) {
        const readings = filters.map((filter, i) => readLevel(filter, state.readings[i], { level, at: read }))
        const isLost = readings.some((reading, i) => reading === (i < matched.length ? 'dead' : 'open'))
        const key = readings.join()
        if (isLost || next.has(key)) continue
        if (next.size === MAX_STATES) return terse
        const invented = (state.path?.invented ?? 0) + (isNamed(filters, level, read) ? 0 : 1)
        next.set(key, { path: { level, before: state.path, invented }, readings })
      }
    }
    row = [...next.values()]
    for (const { path, readings } of row) {
      const isFound = filters.every((filter, i) => matches(filter, readings[i], read + 1) === i < matched.length)
      const topic = isFound ? textOf(path) : ''
      // Of one empty level there is no topic [MQTT-4.7.3-1].
      if (topic === '') continue
      if (filters.slice(0, matched.length).every((filter, i) => readings[i] === 'open' || filter.length === read + 1)) return topic
      terse ??= topic
    }
  }
  return terse
}

/** Each topic of the filter is matched by one of the others: `queue/+` and `queue/+/#` with `queue` cover `queue/#`. As exact as {@link exampleTopic}. */
export function coversTogether(filters: readonly string[], covered: string): boolean {
  return exampleTopic([covered], filters) === undefined
}

function readLevel(filter: readonly string[], reading: Reading | undefined, { level, at }: { readonly level: string, readonly at: number }): Reading {
  if (reading !== 'fits') return reading ?? 'dead'
  const expected = filter[at]
  if (expected === '#' || expected === '+') {
    if (at === 0 && level.startsWith('$')) return 'dead'
    return expected === '#' ? 'open' : 'fits'
  }
  return expected === level ? 'fits' : 'dead'
}

/** `a/#` matches `a` too [MQTT-4.7.1-2]. */
function matches(filter: readonly string[], reading: Reading | undefined, read: number): boolean {
  return reading === 'open' || (reading === 'fits' && (filter.length === read || filter[read] === '#'))
}

/** The levels that make a difference: one that no filter names stands for all such. */
function candidates(filters: readonly (readonly string[])[], { path, readings }: State, at: number): ReadonlySet<string> {
  const named = filters.flatMap((filter, i) => {
    const level = filter[at]
    return readings[i] !== 'fits' || level === undefined || level === '#' || level === '+' ? [] : level
  })
  const name = newName(filters, path?.invented ?? 0, at)
  return new Set([name, ...named, ...at === 0 ? [`$${name}`] : []])
}

/** `a`, `b` and so on, as people write examples. */
function newName(filters: readonly (readonly string[])[], invented: number, at: number): string {
  for (let n = invented; ; n += 1) {
    const name = n < 26 ? String.fromCharCode(97 + n) : `a${n}`
    if (!isNamed(filters, name, at)) return name
  }
}

function isNamed(filters: readonly (readonly string[])[], level: string, at: number): boolean {
  return filters.some(filter => filter[at] === level)
}

function textOf(path: Path | undefined): string {
  const levels: string[] = []
  for (let step = path; step !== undefined; step = step.before) levels.push(step.level)
  return levels.reverse().join('/')
}
