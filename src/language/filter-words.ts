import { exampleTopic } from './filter-algebra.ts'
import { coversFilter, isWildcard, matchesTopic } from './topic-filter.ts'

/** A valid filter as people say it. */
export interface FilterWords {
  /** What it takes, as a clause. */
  readonly clause: string
  /** Something that it takes, and something much like it that it does not. */
  readonly takes: string
  readonly leaves: string
}

/** Which topics of messages the filter matches. */
export function topicWords(filter: string): FilterWords {
  const takes = exampleTopic([filter]) ?? filter
  return { clause: topicClause(filter), takes, leaves: nearMisses(filter, takes).find(topic => !matchesTopic(filter, topic)) ?? `$${takes}` }
}

/** Which subscriptions the filter covers: it must take all that they ask for. */
export function subscriptionWords(filter: string): FilterWords {
  const takes = exampleTopic([filter]) ?? filter
  return {
    clause: isWildcard(filter) ? `subscriptions to \`${filter}\` or to a part of it` : `subscriptions to \`${filter}\` alone`,
    takes, leaves: ['#', ...nearMisses(filter, takes)].find(subscription => !coversFilter(filter, subscription)) ?? `$${takes}`,
  }
}

function topicClause(filter: string): string {
  const levels = filter.split('/')
  const isOpen = levels.at(-1) === '#'
  const named = (isOpen ? levels.slice(0, -1) : levels).join('/')
  const dollar = /^[#+]/.test(filter) ? ', but none that begins with `$`' : ''
  if (filter === '#') return `every topic${dollar}`
  const any = named.includes('+') ? ' with any level in the place of each `+`' : ''
  if (isOpen) return `\`${named}\`${any}, and every topic below it${dollar}`
  return any === '' ? `the topic \`${named}\` alone` : `topics like \`${named}\`${any}${dollar}`
}

/** Topics that differ from one that is taken in one respect: deeper, elsewhere, hidden. */
function nearMisses(filter: string, taken: string): readonly string[] {
  const levels = filter.split('/')
  const named = levels.findLastIndex(level => level !== '+' && level !== '#')
  const elsewhere = taken.split('/').map((level, i) => i === named ? `not-${level}` : level).join('/')
  return [`${taken}/more`, ...named === -1 ? [] : [elsewhere], `$${taken}`]
}
