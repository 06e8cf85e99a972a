import type { Place } from '../plan/program.ts'
import { count, type Finding, type Remedy } from '../store/doctor/findings.ts'
import type { PoolFacts, ServerFacts } from '../store/doctor/facts.ts'
import type { Verdict } from '../store/doctor/promises.ts'
import { shortPath } from './short-path.ts'
import { wrapped } from './wrapped.ts'

/** What the doctor says of one pool. */
export type Diagnosis = { readonly name: string, readonly at: Place, readonly tls: boolean } & (
  | { readonly looked: true, readonly facts: PoolFacts, readonly promises: readonly Verdict[], readonly findings: readonly Finding[] }
  | { readonly looked: false, readonly reason: string }
)

const LABEL = 'danger'.length
/** Behind a finding's severity. */
const INDENT = ' '.repeat(LABEL + 4)
const WHEN = 26

export function doctorText(diagnoses: readonly Diagnosis[]): string {
  return `${[...diagnoses.map(poolText), summary(diagnoses)].join('\n\n')}\n`
}

function poolText(diagnosis: Diagnosis): string {
  const { name, at } = diagnosis
  if (!diagnosis.looked) return wrapped(`${name} (${shortPath(at.file)}:${at.line}) could not be looked at: ${diagnosis.reason}`, '  ')
  const { facts, promises, findings } = diagnosis
  return [
    [`${name} (${shortPath(at.file)}:${at.line}): ${what(facts)}`],
    ['  an acknowledged message survives when', ...promises.map(({ when, sentence }) => `    ${when.padEnd(WHEN)}${sentence}`)],
    findings.flatMap((finding) => findingLines(finding, diagnosis)),
    facts.unseen.map((clause) => wrapped(`  not seen: ${clause}`, '    ')),
  ].filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')
}

/** What kind of Redis it is, in a line. */
function what({ type, embedded, servers, sentinels }: PoolFacts): string {
  if (embedded?.state === 'not-started') {
    return embedded.keeps ? 'embedded; no broker runs it now, and this is what it will be' : "embedded in the broker's process; none runs now"
  }
  const [first] = servers
  if (embedded?.keeps === false) return "embedded in the broker's process"
  if (type === 'cluster') return `a cluster of ${count(servers.length, 'master')}`
  const server = first === undefined ? 'nothing' : serverText(first)
  if (embedded !== undefined) return `embedded, ${server}`
  return sentinels === undefined ? server : `${server}, behind ${count(sentinels.watching, 'sentinel')}`
}

function serverText({ product, version, place, role, replicas }: ServerFacts): string {
  const known = [`${product}${version === undefined ? '' : ` ${version}`} at ${place}`, role, role === 'master' && replicas !== undefined ? `${count(replicas, 'replica')}` : undefined]
  return known.filter((part) => part !== undefined).join(', ')
}

function findingLines({ severity, place, sentence, remedies }: Finding, diagnosis: Diagnosis): readonly string[] {
  const several = diagnosis.looked && diagnosis.facts.servers.length > 1 && place !== undefined
  return [
    wrapped(`  ${severity.padEnd(LABEL)}  ${several ? `${place}: ` : ''}${sentence}`, INDENT),
    ...remedies.map((remedy) => `${INDENT}${typed(remedy, place, diagnosis.tls)}`),
  ]
}

/** The line as it is typed. */
function typed({ in: where, line }: Remedy, place: string | undefined, tls: boolean): string {
  switch (where) {
    case 'shell': return `$ ${line}`
    case 'rules': return line
    case 'sentinels': return `$ redis-cli -h <each sentinel> -p 26379 ${line}`
    case 'redis': return `$ redis-cli ${[...serverFlags(place ?? ''), ...tls ? ['--tls'] : [], quoted(line)].join(' ')}`
    default: return where satisfies never
  }
}

function serverFlags(place: string): readonly string[] {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(place) ?? []
  return host === undefined || port === undefined ? ['-s', place] : ['-h', host, '-p', port]
}

/** For a shell. */
function quoted(line: string): string {
  return line.replaceAll(/<[^>]*>|\S*[&|*]\S*/g, (word) => `'${word}'`)
}

function summary(diagnoses: readonly Diagnosis[]): string {
  const all = diagnoses.flatMap((diagnosis) => diagnosis.looked ? diagnosis.findings : [])
  const dangers = all.filter(({ severity }) => severity === 'danger').length
  const blind = diagnoses.filter(({ looked }) => !looked).length
  const seen = dangers === 0 ? 'nothing that was seen endangers what is acknowledged' : count(dangers, 'danger')
  return `${count(diagnoses.length, 'pool')}: ${blind === diagnoses.length ? '' : seen}${blind === 0 || blind === diagnoses.length ? '' : '; '}${blind === 0 ? '' : `${blind} could not be looked at`}`
}
