import type { FunctionStatus, PoolStatus, ReloadStatus, RuleStatus, Status } from '../server/status.ts'
import { shortPath } from './short-path.ts'

/** Columns of a terminal. */
const WIDTH = 100

/** A status for people. `now` in milliseconds since 1970. */
export function statusText(status: Status, now: number): string {
  const { version, node, pid, uptimeSeconds, generation, hash, sessions, embedded } = status
  const facts = [
    `hookline ${version}, ${node}, pid ${pid}, up ${duration(uptimeSeconds)}`,
    fact('files', status.files.map(shortPath).join(', ')),
    fact('generation', `${generation}, ${hash.slice(0, 12)}`),
    fact('last reload', status.lastReload === null ? 'none' : lastReload(status.lastReload, now)),
    fact('listeners', status.listeners.map(({ url }) => url).join(', ') || 'none is on'),
    fact('clients', `${status.connections} connected; ${counted(sessions.all, 'session')}, ${sessions.persistent} of them persistent`),
    fact('memory', bytes(status.memory.rssBytes)),
    ...embedded === null ? [] : [fact('embedded', shortPath(embedded.socket))],
  ]
  const tables = [
    pools(status.pools, now),
    rules(status.rules),
    // where each rule has a function of its own they would only say the same again
    status.functions.some(({ rules: several }) => several > 1) ? functions(status.functions) : [],
    counters(status.counters),
    table(['CLOSED', 'BECAUSE', '>TIMES'], status.closures.map(({ reason, why, count }) => [reason, why, String(count)])),
  ]
  // a row may be cut; a fact may end with what to type
  const parts = [facts.map(clean), ...tables.map(lines => lines.map(cut))]
  return `${parts.flatMap(lines => lines.length === 0 ? [] : [lines.join('\n')]).join('\n\n')}\n`
}

function fact(name: string, text: string): string {
  return `  ${name.padEnd(12)} ${text}`
}

function lastReload({ result, trigger, at, reason }: ReloadStatus, now: number): string {
  return `${result} ${duration((now - Date.parse(at)) / 1_000)} ago, ${ASKED[trigger]}${reason === undefined ? '' : `: ${reason}`}`
}

const ASKED: Readonly<Record<ReloadStatus['trigger'], string>> = {
  watch: 'after a change of the files',
  signal: 'by SIGHUP',
  command: 'by hookline reload',
}

function pools(all: readonly PoolStatus[], now: number): readonly string[] {
  const rows = all.map((pool) => {
    const address = `${pool.address.join(',')}${pool.database === 0 ? '' : `, database ${pool.database}`}`
    return [pool.name, address, poolState(pool, now), String(pool.waiting + pool.sent), bytes(pool.pendingBytes)]
  })
  return table(['POOL', 'ADDRESS', 'STATE', '>WAITING', '>BYTES'], rows)
}

function poolState({ connected, away, draining }: PoolStatus, now: number): string {
  const state = connected || away === null ? 'connected' : `away for ${duration((now - Date.parse(away.since)) / 1_000)}: ${away.reason}`
  return draining ? `replaced, drains; ${state}` : state
}

function rules(all: readonly RuleStatus[]): readonly string[] {
  const rows = all.map(rule => [rule.rule, rule.function ?? 'commands', ...counts(rule)])
  const [head, ...lines] = table(['RULE', 'FUNCTION', '>MATCHED', '>DONE', '>FAILED'], rows)
  if (head === undefined) return ['no rules']
  return [head, ...lines.flatMap((line, i) => {
    const rule = all[i]
    return rule === undefined || rule.lastError === null ? [line] : [line, `    ${rule.file}:${rule.line}: ${rule.lastError}`]
  })]
}

function functions(all: readonly FunctionStatus[]): readonly string[] {
  return table(['FUNCTION', '>RULES', '>MATCHED', '>DONE', '>FAILED'], all.map(sum => [sum.function, String(sum.rules), ...counts(sum)]))
}

function counts({ matched, done, failed }: { readonly matched: number, readonly done: number, readonly failed: number }): readonly string[] {
  return [matched, done, failed].map(String)
}

/** Their names are words of the code, such as `publishersHeld`. */
function counters(all: Status['counters']): readonly string[] {
  return table(['COUNTED', '>TIMES'], Object.entries(all).map(([name, count]) => [name.replace(/[A-Z]/g, capital => ` ${capital.toLowerCase()}`), String(count)]))
}

/** Columns as wide as they need to be; `>` before a heading puts its column to the right. Nothing without rows. */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return []
  const names = headings.map(heading => heading.replace(/^>/, ''))
  const widths = names.map((name, i) => Math.max(name.length, ...rows.map(row => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string => cells
    .map((cell, i) => headings[i]?.startsWith('>') === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))
    .join('  ').trimEnd()
  return [line(names), ...rows.map(line)]
}

function cut(line: string): string {
  const shown = clean(line)
  return shown.length <= WIDTH ? shown : `${shown.slice(0, WIDTH - 1)}…`
}

/** Nothing that comes from files or from Redis may steer the terminal. */
function clean(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

const UNITS = [['d', 86_400], ['h', 3_600], ['min', 60]] as const

/** The two largest units of a number of seconds, such as `2 h 13 min`. */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const at = UNITS.findIndex(([, size]) => whole >= size)
  const unit = UNITS[at]
  if (unit === undefined) return `${whole} s`
  const [name, size] = unit
  const [smaller, smallerSize] = UNITS[at + 1] ?? ['s', 1]
  return `${Math.floor(whole / size)} ${name} ${Math.floor(whole % size / smallerSize)} ${smaller}`
}

function bytes(count: number): string {
  if (count < 1_000) return `${count} B`
  return count < 1_000_000 ? `${(count / 1_000).toFixed(0)} kB` : `${(count / 1_000_000).toFixed(0)} MB`
}
