import { coversFilter, matchesTopic } from './topic-filter.ts'

/** At which level the two part, and how. */
export interface FilterMismatch {
  /** From 1; 0: the rule about `$` at the front. */
  readonly level: number
  /** For people, without the level. */
  readonly clause: string
}

/** Why the filter does not match the topic; undefined exactly where {@link matchesTopic}. */
export function topicMismatch(filter: string, topic: string): FilterMismatch | undefined {
  return matchesTopic(filter, topic) ? undefined : parting(filter, topic)
}

/** Why the filter does not cover the other one, a subscription without `$share`; undefined exactly where {@link coversFilter}. */
export function coverMismatch(filter: string, covered: string): FilterMismatch | undefined {
  return coversFilter(filter, covered) ? undefined : parting(filter, covered)
}

/** The first level of a filter that does not take in that of a topic, or of a narrower filter. */
function parting(filter: string, topic: string): FilterMismatch {
  if (topic.startsWith('$') && /^[#+]/.test(filter)) {
    return { level: 0, clause: `it begins with $, which no ${filter.charAt(0)} at the front of a filter matches` }
  }
  const [levels, given] = [filter.split('/'), topic.split('/')]
  for (const [i, level] of levels.entries()) {
    const found = given[i]
    if (found === undefined) return { level: i + 1, clause: `the topic has no such level, and the filter has "${level}"` }
    if (level === '#') break
    if (found === '#' || (found === '+' && level !== '+')) return { level: i + 1, clause: `"${found}" takes in more than "${level}"` }
    if (level !== '+' && level !== found) return { level: i + 1, clause: `"${found}" is not "${level}"` }
  }
  // `#` takes in all that follows, so the filter has come to its end
  return { level: levels.length + 1, clause: `the topic goes on with "${given[levels.length] ?? ''}", and the filter has ended` }
}
