/** What keeps a text from being an MQTT filter, and which part of it, in UTF-16 units. */
export interface FilterProblem {
  readonly kind: 'empty' | 'nul' | 'too-long' | 'hash-not-last' | 'wildcard-in-level'
  readonly start: number
  readonly end: number
}

/** Bytes of UTF-8 that an MQTT text has room for [MQTT-1.5.4]. */
const MAX_BYTES = 65_535

/** Characters of a topic, or of what is asked about one. Answers are remembered up to a number of them: those about longer ones are found anew. */
export const LONGEST_REMEMBERED = 1_024

/** What nearly all filters are: no wildcards, or `#` as the last level. */
// oxlint-disable-next-line no-control-regex -- it is meant
const PLAIN = /^(?:[^\0+#/]*\/)*(?:[^\0+#/]*|#)$/

/** The first thing wrong with a filter, if there is one [MQTT-4.7.1-1] to [MQTT-4.7.3-3]. */
export function filterProblem(filter: string): FilterProblem | undefined {
  if (filter === '') return { kind: 'empty', start: 0, end: 0 }
  if (filter.length <= MAX_BYTES / 3 && PLAIN.test(filter)) return undefined
  const nul = filter.indexOf('\0')
  if (nul !== -1) return { kind: 'nul', start: nul, end: nul + 1 }
  if (Buffer.byteLength(filter) > MAX_BYTES) return { kind: 'too-long', start: 0, end: filter.length }
  const levels = filter.split('/')
  let start = 0
  for (const [i, level] of levels.entries()) {
    const end = start + level.length
    if (level === '#' && i < levels.length - 1) return { kind: 'hash-not-last', start, end }
    if (level.length > 1 && isWildcard(level)) return { kind: 'wildcard-in-level', start, end }
    start = end + 1
  }
  return undefined
}

/** How many levels a topic or filter has; an empty one is a level too. */
export function topicLevels(topic: string): number {
  let levels = 1
  for (let at = topic.indexOf('/'); at !== -1; at = topic.indexOf('/', at + 1)) levels += 1
  return levels
}

/** The filter can match more than one topic. */
export function isWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#')
}

/**
 * The filter matches the topic [MQTT-4.7.1-2], `a/#` also `a`. A wildcard at its front does not
 * match a topic that begins with `$` [MQTT-4.7.2-1].
 */
export function matchesTopic(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && beginsWithWildcard(filter)) return false
  const filterLevels = filter.split('/')
  const topicLevels = topic.split('/')
  for (const [i, level] of filterLevels.entries()) {
    if (level === '#') return true
    if (i === topicLevels.length) return false
    if (level !== '+' && level !== topicLevels[i]) return false
    if (i === topicLevels.length - 1 && i === filterLevels.length - 2) return filterLevels[i + 1] === '#'
  }
  return filterLevels.length === topicLevels.length
}

/**
 * Every topic that the second filter can match is matched by the first too, compared level by
 * level (SPEC 2): `queue/#` covers `queue/+/a`. A plain topic is a filter.
 */
export function coversFilter(filter: string, covered: string): boolean {
  if (covered.startsWith('$') && beginsWithWildcard(filter)) return false
  const levels = filter.split('/')
  const coveredLevels = covered.split('/')
  // `#` at the front stands for at least one level, so `+/#` says the same.
  if (coveredLevels[0] === '#') return filter === '#' || filter === '+/#'
  for (const [i, level] of levels.entries()) {
    if (level === '#') return true
    const coveredLevel = coveredLevels[i]
    if (coveredLevel === undefined || coveredLevel === '#') return false
    if (level !== '+' && level !== coveredLevel) return false
    if (i === coveredLevels.length - 1 && i === levels.length - 2) return levels[i + 1] === '#'
  }
  return levels.length === coveredLevels.length
}

function beginsWithWildcard(filter: string): boolean {
  return filter.startsWith('#') || filter.startsWith('+')
}

/** `$share/<group>/<filter>`: what rules and `${topic}` see of it is the part after the group (SPEC 2). */
export function withoutShare(filter: string): string {
  if (!filter.startsWith('$share/')) return filter
  return /^\$share\/[^/]*\/(?<rest>.*)$/s.exec(filter)?.groups?.['rest'] ?? filter
}

/** There is a topic that both filters match. */
export function overlapsFilter(a: string, b: string): boolean {
  if (a.startsWith('$') ? beginsWithWildcard(b) : b.startsWith('$') && beginsWithWildcard(a)) return false
  const [aLevels, bLevels] = [a.split('/'), b.split('/')]
  for (let i = 0; ; i += 1) {
    const [aLevel, bLevel] = [aLevels[i], bLevels[i]]
    // `a/#` matches `a`, so the end of one may meet the `#` of the other.
    if (aLevel === '#' || bLevel === '#') return true
    if (aLevel === undefined || bLevel === undefined) return aLevel === bLevel
    if (aLevel !== bLevel && aLevel !== '+' && bLevel !== '+') return false
  }
}

/** The filter of a shared subscription `$share/<group>/<filter>`; undefined for any other. */
export function sharedFilter(filter: string): string | undefined {
  return /^\$share\/[^/+#]+\/(?<rest>.+)$/s.exec(filter)?.groups?.['rest']
}

/** What is wrong with a filter that a client subscribes to, shared or not. */
export function subscriptionProblem(filter: string): 'share' | FilterProblem['kind'] | undefined {
  if (!filter.startsWith('$share/')) return filterProblem(filter)?.kind
  const rest = sharedFilter(filter)
  return rest === undefined ? 'share' : filterProblem(rest)?.kind
}

/** A topic that only the broker publishes to [MQTT-4.7.2-1]. */
export function isOfBroker(topic: string): boolean {
  return topic.startsWith('$SYS/')
}
