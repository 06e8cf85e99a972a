import type { FunctionStatus, PoolStatus, ReloadStatus, RuleStatus, Status } from '../server/status.ts'
import { clean, cut, table } from './columns.ts'
import { bytes, counted, duration } from './quantities.ts'
import { consequences } from './report-text.ts'
import { shortPath } from './short-path.ts'

/** A status for people. `now` in milliseconds since 1970. */
export function statusText(status: Status, now: number): string {
  const { version, node, pid, uptimeSeconds, generation, hash, sessions, embedded } = status
  const facts = [
    `hookline ${version}, ${node}, pid ${pid}, up ${duration(uptimeSeconds)}`,
    fact('files', status.files.map(shortPath).join(', ')),
    fact('generation', `${generation}, ${hash.slice(0, 12)}`),
    ...status.lastReload === null ? [fact('last reload', 'none')] : lastReload(status.lastReload, now),
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
  const parts = [facts.map(clean), ...tables.map(lines => lines.map(line => cut(line)))]
  return `${parts.flatMap(lines => lines.length === 0 ? [] : [lines.join('\n')]).join('\n\n')}\n`
}

function fact(name: string, text: string): string {
  return `  ${name.padEnd(12)} ${text}`
}

/** Errors that are shown of a rejected reload; a command shows the others. */
const ERRORS = 3

function lastReload(report: ReloadStatus, now: number): readonly string[] {
  const { result, trigger, at, reason } = report
  const errors = report.diagnostics.filter(({ severity }) => severity === 'error').map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
  const more = errors.length - ERRORS
  const rows = [...errors.slice(0, ERRORS), ...more > 0 ? [`and ${counted(more, 'more error')}: hookline reload shows all`] : [], ...consequences(report)]
  return [
    fact('last reload', `${result} ${duration((now - Date.parse(at)) / 1_000)} ago, ${ASKED[trigger]}${reason === undefined ? '' : `: ${reason}`}`),
    ...rows.map(row => cut(fact('', row))),
  ]
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
