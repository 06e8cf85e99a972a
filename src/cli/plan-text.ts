import type { RecentEvent } from '../engine/recent-events.ts'
import type { PoolChange, RuleChange } from '../plan/program-changes.ts'
import type { SettingChange } from '../plan/setting-words.ts'
import type { MemoryEstimate, RuleMemory } from '../simulate/memory-estimate.ts'
import type { PlanReport } from '../simulate/plan-report.ts'
import type { Replay, ReplayExample, RuleReplay } from '../simulate/replay.ts'
import { clean, cut, table } from './columns.ts'
import { bytes, counted, duration } from './quantities.ts'

/** A plan for people, without its findings. `to` is what would be loaded, such as `new.conf`; `now` in milliseconds since 1970. */
export function planText(report: PlanReport, { to, now }: { readonly to: string, readonly now: number }): string {
  const { result, generation, changes, replay, knownFindings } = report
  const running = generation === null ? 'the old rules' : `generation ${generation}`
  const parts: (readonly string[])[] = []
  if (result === 'rejected') parts.push([`${to} has errors: it would be rejected, and everything would run as before`])
  else if (result === 'unchanged') parts.push([`nothing would change: ${to} says what ${running} says`])
  if (result === 'changed' && changes !== null) {
    parts.push([`${running} → ${to}`, ...changes.rules.flatMap(ruleLines), ...changes.pools.flatMap(poolLines), ...changes.settings.flatMap(settingLines)])
    if (knownFindings > 0) parts.push([`already there, and not shown: ${counted(knownFindings, 'finding')}`])
    if (replay !== null) parts.push(...replayParts(replay, now))
  }
  return `${parts.map(lines => lines.map(clean).join('\n')).join('\n\n')}\n`
}

const MARKS: Readonly<Record<RuleChange['change'] | PoolChange['change'], string>> = { added: '+', removed: '-', changed: '~', renumbered: '~', same: '~' }

function ruleLines({ rule, change, was, words }: RuleChange): readonly string[] {
  const head = `  ${MARKS[change]} ${rule}`
  switch (change) {
    case 'added':
    case 'removed': return [`${head}: ${words.join('; ')}`]
    case 'renumbered': return [`${head}: it was ${was ?? ''}, and does the same`]
    case 'changed': return [head, ...words.map(clause => `      ${clause}`)]
    default: return change satisfies never
  }
}

const CONNECTIONS: Readonly<Record<PoolChange['connections'], string>> = {
  opened: 'is opened', reconnected: 'is connected anew', closed: 'is closed, when nothing is owed through it any more', none: 'is not connected: no rule uses it',
}

function poolLines({ pool, change, words, connections }: PoolChange): readonly string[] {
  return [`  ${MARKS[change]} ${pool} ${CONNECTIONS[connections]}`, ...words.map(clause => `      ${clause}`)]
}

function settingLines({ name, words, restart }: SettingChange): readonly string[] {
  return [`  ~ ${name}: ${words}${restart ? ', after a restart' : ''}`]
}

function replayParts(replay: Replay, now: number): readonly (readonly string[])[] {
  const { events, from, to, rules, same } = replay
  if (events === 0 || from === null || to === null) return [['there are no recent events to replay']]
  const head = `the last ${counted(events, 'event')} (${duration((to - from) / 1_000)}), replayed through both`
  const rest = same === 0 ? [] : [`${counted(same, 'rule')} that ran on them would do the same`]
  const parts = rules.length === 0 ? [[head, 'no command would be another', ...rest]] : [[head, ...rest], ...rules.map(rule => ruleReplay(rule, now))]
  return [...parts.map(lines => lines.map(line => cut(line))), memoryLines(replay, rules.map(({ rule }) => rule))]
}

function ruleReplay({ rule, before, after, less, more, examples }: RuleReplay, now: number): readonly string[] {
  const moved = [less === 0 ? [] : [`${less} less`], more === 0 ? [] : [`${more} more`]].flat()
  return [
    `${rule}: ${counted(before, 'command')} → ${after} (${moved.join(', ')}); for example`,
    ...examples.toReversed().flatMap(example => exampleLines(example, now)),
  ]
}

function exampleLines({ event, less, more }: ReplayExample, now: number): readonly string[] {
  return [`  ${eventText(event, now)}`, ...firstOf('-', less), ...firstOf('+', more)]
}

/** One line says what it is about. */
function firstOf(mark: '-' | '+', [first, ...others]: readonly string[]): readonly string[] {
  if (first === undefined) return []
  const line = `    ${mark} ${first}`
  return others.length === 0 ? [line] : [cut(line, MORE_COLUMNS) + ` and ${others.length} more`]
}

/** Left for `and 3 more`. */
const MORE_COLUMNS = 12

/** Such as `sensors/attic, QoS 1, from c17, 12 s ago`. */
export function eventText({ at, clientid, topic, qos, retain, reason }: RecentEvent, now: number): string {
  return [
    ...topic === undefined ? [] : [topic], ...qos === undefined ? [] : [`QoS ${qos}`], ...retain === true ? ['retained'] : [], ...reason === undefined ? [] : [reason],
    `client ${clientid}`, `${duration((now - at) / 1_000)} ago`,
  ].join(', ')
}

const HEAD = 'memory in Redis after a day of such events'

function memoryLines({ memory: { before, after } }: Replay, changed: readonly string[]): readonly string[] {
  if (before.rules.length + after.rules.length === 0) return [`${HEAD}: nothing`]
  if (before.bytesAfterDay === null && after.bytesAfterDay === null) return [`${HEAD}: not enough events to say`]
  const rows = changed.flatMap((rule) => {
    const [was, is] = [before, after].map(estimate => estimate.rules.find(it => it.rule === rule))
    return was === undefined && is === undefined ? [] : [[`  ${rule}`, ruleMemory(was), ruleMemory(is)]]
  })
  return [`${HEAD}: ${total(before)} → ${total(after)}`, ...table(['  RULE', 'BEFORE', 'AFTER'], rows).map(line => cut(line))]
}

function total({ bytesAfterDay, rules }: MemoryEstimate): string {
  if (rules.length === 0) return 'nothing'
  return bytesAfterDay === null ? 'not enough events to say' : `about ${bytes(bytesAfterDay)}`
}

function ruleMemory(estimate: RuleMemory | undefined): string {
  if (estimate === undefined) return 'nothing'
  const { eventsPerSecond, bytesPerEvent, keptSeconds, bytesAfterDay, cut: isCut } = estimate
  if (bytesAfterDay === null) return 'not enough events to say'
  if (isCut && bytesAfterDay === 0) return 'not counted: it is cut short'
  const sum = `${bytes(bytesAfterDay)}${isCut ? ', and what is cut short' : ''}`
  return bytesPerEvent === 0 ? sum : `${rate(eventsPerSecond)}/s x ${bytes(Math.round(bytesPerEvent))} x ${keptSeconds === null ? 'a day' : `${Math.min(keptSeconds, 86_400)} s`} = ${sum}`
}

function rate(perSecond: number): string {
  return perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toPrecision(2)
}
