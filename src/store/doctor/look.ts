import type { Refusal, RulePart } from '../../check/told.ts'
import { channelIndex } from '../../language/command-access.ts'
import { keyIndexes, redisCommand } from '../../language/redis-commands.ts'
import type { Address, PoolSpec } from '../../plan/program.ts'
import { embeddedOutlook, type EmbeddedOutlook } from '../embedded.ts'
import { askServer, pairsOf, type Asked, type Said } from './ask.ts'
import { lookAtCluster } from './cluster.ts'
import type { PoolFacts, ServerFacts, UnknownCommand } from './facts.ts'
import { ANY, type Sample } from '../permissions/function-commands.ts'
import { commandWord, patternOf } from '../permissions/grants.ts'
import type { Needs } from '../permissions/needs.ts'
import { lookAtSentinels } from './sentinels.ts'
import { CONFIG_NAMES, serverFacts } from './server-facts.ts'

export interface LookOptions {
  readonly spec: PoolSpec
  readonly needs: Needs
  /** That of the first rules file: relative files of TLS are below it. */
  readonly folder: string
  /** Of the embedded store; absolute. */
  readonly dataDir: string
  /** CONFIG GET too, which says how safe the data is: who may ask it sees passwords. */
  readonly asksConfig: boolean
}

/** What was seen of a pool, or why nothing was, as a plain clause. */
export type Look =
  | { readonly ok: true, readonly facts: PoolFacts }
  | { readonly ok: false, readonly clause: string }

/** What is known from the rules alone. */
type Known = Omit<PoolFacts, 'servers' | 'unseen' | 'embedded'>

/** Asks a pool's Redis for all that can be judged. Changes nothing there. */
export async function lookAtPool(options: LookOptions): Promise<Look> {
  const { spec, needs } = options
  const known: Known = {
    name: spec.name, type: spec.type, onFailure: spec.onFailure, waitReplicas: spec.waitReplicas, user: spec.username ?? 'default',
    storesExpiring: needs.storesExpiring, sentinels: undefined, cluster: undefined,
  }
  try {
    if (spec.server === 'embedded') return { ok: true, facts: await lookAtEmbedded(options, known) }
    return { ok: true, facts: await LOOKS[spec.type](options, known, spec.server) }
  } catch (error) {
    return { ok: false, clause: error instanceof Error ? error.message : String(error) }
  }
}

type LookAt = (options: LookOptions, known: Known, addresses: readonly Address[]) => Promise<PoolFacts>

const LOOKS: Readonly<Record<PoolSpec['type'], LookAt>> = {
  async single(options, known, addresses) {
    const [address] = addresses
    if (address === undefined) throw new Error('it has no address')
    const { facts, unseen } = await lookAtServer(options, address)
    return { ...known, embedded: undefined, servers: [facts], unseen }
  },
  async sentinel(options, known, addresses) {
    const { master, facts: sentinels } = await lookAtSentinels(options, addresses)
    const { facts, unseen } = await lookAtServer(options, master)
    return { ...known, embedded: undefined, servers: [facts], sentinels, unseen }
  },
  async cluster(options, known, addresses) {
    const { masters, facts: cluster } = await lookAtCluster(options, addresses)
    const looks = await Promise.all(masters.map(async (address) => {
      try {
        return await lookAtServer(options, address)
      } catch (error) {
        return `${placeText(address)}: ${error instanceof Error ? error.message : String(error)}`
      }
    }))
    const seen = looks.filter((look) => typeof look !== 'string')
    const silent = looks.filter((look) => typeof look === 'string')
    return {
      ...known, embedded: undefined, servers: seen.map(({ facts }) => facts), cluster: { ...cluster, silent: [...cluster.silent, ...silent] },
      unseen: [...new Set(seen.flatMap(({ unseen }) => unseen))],
    }
  },
}

async function lookAtEmbedded({ spec, needs, folder, dataDir, asksConfig }: LookOptions, known: Known): Promise<PoolFacts> {
  const outlook = await embeddedOutlook(dataDir)
  const { socketPath, installCommand } = outlook
  if (socketPath === undefined) {
    return { ...known, embedded: { state: 'not-started', keeps: outlook.keeps, installCommand }, servers: [toBe(outlook)], unseen: [] }
  }
  const asked = await askServer(spec, folder, socketPath)
  try {
    const { facts, unseen } = await seen(asked, socketPath, { needs, asksConfig })
    // a server of ours has its file; that in the broker's process knows of none
    const keeps = facts.appendOnly === true
    return { ...known, embedded: { state: 'running', keeps, installCommand }, servers: [facts], unseen: keeps ? unseen : [] }
  } finally {
    await asked.end()
  }
}

/** A server that the next broker starts, by the arguments that it gives it. */
function toBe({ keeps }: EmbeddedOutlook): ServerFacts {
  return {
    ...serverFacts({ place: 'embedded', info: '', config: new Map(), clockOffsetMs: 0, denied: [], deniedChannels: [], unknownCommands: [] }),
    appendOnly: keeps, fsync: keeps ? 'always' : undefined, fsyncDuringRewrite: keeps ? true : undefined, snapshots: '', maxMemory: 0, replicas: 0,
  }
}

interface Seen {
  readonly facts: ServerFacts
  readonly unseen: readonly string[]
}

async function lookAtServer({ spec, needs, folder, asksConfig }: LookOptions, address: Address): Promise<Seen> {
  // a cluster has one database
  const database = spec.type === 'cluster' ? 0 : spec.database
  const asked = await askServer({ ...spec, type: 'single', server: [address], database }, folder)
  try {
    return await seen(asked, placeText(address), { needs, asksConfig })
  } finally {
    await asked.end()
  }
}

/** What it says to who may not in: nothing else would be answered otherwise. */
const SHUT_OUT = /^(?:NOAUTH|WRONGPASS)/

async function seen(asked: Asked, place: string, { needs, asksConfig }: Pick<LookOptions, 'needs' | 'asksConfig'>): Promise<Seen> {
  const unseen: string[] = []
  const info = await asked.ask('INFO')
  if (!info.ok && SHUT_OUT.test(info.error)) throw new Error(info.error)
  if (!info.ok) unseen.push(unseenText('INFO', info.error))
  const time = await asked.ask('TIME')
  const config = new Map<string, string>()
  for (const name of asksConfig ? CONFIG_NAMES : []) {
    // one at a time: before Redis 7 it takes one
    const said = await asked.ask('CONFIG', 'GET', name)
    for (const [key, value] of pairsOf(said)) config.set(key, value)
    if (said.ok) continue
    unseen.push(unseenText('CONFIG GET', said.error))
    break
  }
  const allowed = await permissions(asked, needs)
  if (typeof allowed === 'string') unseen.push(unseenText('what its user may do (ACL DRYRUN)', allowed))
  const { denied, deniedChannels } = typeof allowed === 'string' ? { denied: undefined, deniedChannels: undefined } : allowed
  const unknown = await unknownOf(asked, needs)
  if (typeof unknown === 'string') unseen.push(unseenText('which commands it knows (COMMAND INFO)', unknown))
  return {
    facts: serverFacts({ place, info: info.ok ? info.texts.join('') : '', config, clockOffsetMs: offsetOf(time), denied, deniedChannels, unknownCommands: typeof unknown === 'string' ? undefined : unknown }),
    unseen,
  }
}

function unseenText(what: string, error: string): string {
  if (error.startsWith('NOPERM')) return `${what}: its user may not ask`
  return `${what}: ${/unknown (?:sub)?command/i.test(error) ? 'it knows no such command' : error}`
}

/** Of TIME: seconds and microseconds. */
function offsetOf(said: Said): number | undefined {
  const [seconds, micros] = said.ok ? said.texts.map(Number) : []
  return seconds === undefined || micros === undefined ? undefined : Math.round(seconds * 1_000 + micros / 1_000 - Date.now())
}

/** What our user may not of what rules need, tried without doing it (redis.io/commands/acl-dryrun, from Redis 7 on); else why that cannot be told. */
async function permissions(asked: Asked, { commands, channels }: Needs): Promise<{ denied: readonly Refusal[], deniedChannels: readonly string[] } | string> {
  const who = await asked.ask('ACL', 'WHOAMI')
  if (!who.ok) return who.error
  const [user = ''] = who.texts
  const denied: Refusal[] = []
  const deniedChannels = new Set<string>()
  for (const { sample, users } of commands) {
    const verdict = await tried(asked, user, sample)
    if (!verdict.ok) return verdict.error
    if (verdict.of !== undefined) denied.push({ ...refusalOf(sample, verdict.of), users })
  }
  for (const { channel, sample } of channels) {
    const verdict = await tried(asked, user, sample)
    if (!verdict.ok) return verdict.error
    if (verdict.of !== undefined) deniedChannels.add(channel)
  }
  return { denied, deniedChannels: [...deniedChannels] }
}

/** What of a command may not be used: it, or it not with this key or channel. */
type Subject = 'command' | 'key' | 'channel'

/** `of` is absent where it may. */
type Verdict = { readonly ok: true, readonly of: Subject | undefined } | { readonly ok: false, readonly error: string }

async function tried(asked: Asked, user: string, sample: Sample): Promise<Verdict> {
  const said = await asked.ask('ACL', 'DRYRUN', user, ...sample.map((text) => text.replaceAll(ANY, MADE_UP)))
  if (!said.ok) return IS_OF_THE_RULE.test(said.error) ? { ok: true, of: undefined } : { ok: false, error: said.error }
  const [verdict = ''] = said.texts
  return { ok: true, of: verdict === 'OK' ? undefined : subjectIn(verdict) }
}

/** Redis says `no permissions to access the 'x' key`, `.. channel`, or `to run the 'x' command`. */
function subjectIn(verdict: string): Subject {
  if (/ key/.test(verdict)) return 'key'
  return / channel/.test(verdict) ? 'channel' : 'command'
}

/** In the place of what a client gives. */
const MADE_UP = 'x'

/** Those of the rules' own commands that it does not know (redis.io/commands/command-info); or why that cannot be told. */
async function unknownOf(asked: Asked, { commands }: Needs): Promise<readonly UnknownCommand[] | string> {
  const users = new Map<string, readonly RulePart[]>()
  for (const need of commands) {
    const own = need.users.filter(({ command }) => command !== undefined)
    const [name = ''] = need.sample
    if (own.length > 0) users.set(name, [...users.get(name) ?? [], ...own])
  }
  const unknown: UnknownCommand[] = []
  for (const [name, own] of users) {
    const said = await asked.ask('COMMAND', 'INFO', name)
    if (!said.ok) return said.error
    if (said.texts.length === 0) unknown.push({ name, users: own })
  }
  return unknown
}

/** A command that it does not know, or not so, is a matter of the rule that has it. */
const IS_OF_THE_RULE = /^ERR (?:Command '…' not found|wrong number of arguments)/i

function refusalOf([name = '', ...args]: Sample, of: Subject): Omit<Refusal, 'users'> {
  const lower = name.toLowerCase()
  const index = of === 'channel' ? channelIndex(lower) : keyIndexes(lower, args)[0]
  const subject = args[index ?? -1] ?? ''
  const parts = [name, redisCommand(lower)?.subcommands === undefined ? '' : args[0] ?? '', subject.replaceAll(ANY, MADE_UP)]
  return { what: parts.filter((part) => part !== '').join(' '), grant: grantOf({ name, args, of, subject }), isCertain: of === 'command' || !subject.includes(ANY) }
}

/** As ACL SETUSER gives it. All keys of hookline's functions are below one pattern. */
function grantOf({ name, args, of, subject }: { readonly name: string, readonly args: readonly string[], readonly of: Subject, readonly subject: string }): string {
  switch (of) {
    case 'command': return `+${commandWord(name, args)}`
    case 'channel': return `&${patternOf(subject)}`
    case 'key': return subject.startsWith('mqtt:') ? '~mqtt:*' : `~${patternOf(subject)}`
    default: return of satisfies never
  }
}

export function placeText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
