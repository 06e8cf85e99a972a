import type { Check, Finding } from './check.ts'
import type { Symbols } from './symbols.ts'
import { partOfRule, serverSpan, type Refusal, type RulePart, type ServerTold } from './told.ts'

/** Named in one message. */
const NAMED = 4

export const userMayNot: Check = {
  name: 'user-may-not',
  severity: 'error',
  doc: 'Redis refuses what the ACL of its user does not allow. Only `lint --online` asks, by trying what a rule needs without doing it (ACL DRYRUN, from Redis 7 on); a warning where the answer depends on what clients send. `hookline acl` prints a user who may do all that is needed.',
  bad: `backend.redis.pool1.server = 127.0.0.1
backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"commands": ["INCR count"]}, "pool": "pool1"}`,
  good: `backend.redis.pool1.server = 127.0.0.1
backend.redis.hook.message.publish.2 = {"topic": "a/#", "action": {"commands": ["SET last 1"]}, "pool": "pool1"}`,
  told: new Map([['pool1', {
    kind: 'answered', name: 'Redis 7.2.4', product: 'Redis', user: 'weak', knownCommands: new Set(), unknownCommands: new Set(), refusedChannels: [],
    refusals: [{ what: 'INCR count', grant: '+incr', isCertain: true, users: [{ hook: 'message.publish', number: '1', command: 0 }] }],
  }]]),
  *find(symbols, told) {
    for (const [pool, said] of told) {
      if (said.kind === 'silent') continue
      const own = said.refusals.filter(({ users }) => users.length === 0)
      if (own.length > 0) yield* at(serverSpan(symbols, pool), { pool, said, refusals: own, needing: 'which every rule of it needs' })
      for (const [user, refusals] of byUser(said.refusals)) {
        const part = partOfRule(symbols, user)
        yield* at(part?.span, { pool, said, refusals, needing: `which ${part?.name} needs` })
      }
      yield* ofChannels(symbols, pool, said)
    }
  },
}

interface Refused {
  readonly pool: string
  readonly said: ServerTold
  readonly refusals: readonly Refusal[]
  readonly needing: string
}

function* at(span: Finding['span'] | undefined, { pool, said: { user }, refusals, needing: why }: Refused): Iterable<Finding> {
  if (span === undefined) return
  const isCertain = refusals.some((refusal) => refusal.isCertain)
  const names = refusals.slice(0, NAMED).map(({ what }) => `\`${what}\``)
  const more = refusals.length - names.length
  yield {
    span, severity: isCertain ? 'error' : 'warning',
    message: `the user \`${user}\` of \`${pool}\` may not ${isCertain ? '' : 'always '}${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}, ${why}`,
    hint: `type what \`hookline acl ${pool}\` prints, or \`ACL SETUSER ${user} ${[...new Set(refusals.map(({ grant }) => grant))].join(' ')}\``,
  }
}

/** What each rule, or command of one, may not. */
function byUser(refusals: readonly Refusal[]): Iterable<readonly [RulePart, readonly Refusal[]]> {
  const found = new Map<string, readonly [RulePart, readonly Refusal[]]>()
  for (const refusal of refusals) {
    for (const user of refusal.users) {
      const key = JSON.stringify(user)
      found.set(key, [user, [...found.get(key)?.[1] ?? [], refusal]])
    }
  }
  return found.values()
}

function* ofChannels(symbols: Symbols, pool: string, { user, refusedChannels }: ServerTold): Iterable<Finding> {
  const span = symbols.pools.get(pool)?.options.get('channel')?.value.span ?? serverSpan(symbols, pool)
  if (refusedChannels.length === 0 || span === undefined) return
  yield {
    span, severity: 'warning',
    message: `the user \`${user}\` of \`${pool}\` may not use ${refusedChannels.map(channel => `\`${channel}\``).join(' and ')}: orders are not heard, and other brokers learn of messages within 30 s`,
    hint: `type what \`hookline acl ${pool}\` prints, or \`ACL SETUSER ${user} ${refusedChannels.map(channel => `&${channel}`).join(' ')} +subscribe +publish +pubsub|numsub\``,
  }
}
