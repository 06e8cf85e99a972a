import type { Source } from '../compile.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { RecentLook } from '../engine/recent-events.ts'
import type { ReloadReport, Shown } from '../engine/reload.ts'
import type { PlanReport } from '../simulate/plan-report.ts'
import { CommandFailure } from '../store/lone-commands.ts'
import type { OpenPool } from '../store/open-pool.ts'
import type { LastWrite } from '../simulate/last-write.ts'
import type { Planned } from './plan.ts'
import { replyToJson, type ReplyJson } from './reply-json.ts'
import { refusal, type Answer, type Route } from './serve-routes.ts'
import { shownSources } from './shown-sources.ts'
import type { Status } from './status.ts'

/** The running broker as the routes see it. */
export interface Routed {
  status(): Status
  /** Waits for the reload, which is none if something else than what was shown would come of it; with the sources that it read. */
  reload(shown: Shown | undefined): Promise<{ readonly report: ReloadReport, readonly sources: readonly Source[] }>
  /** What loading these files would change, or, without any, those that it was started on. */
  plan(files: readonly string[] | undefined): Promise<Planned>
  recent(): RecentLook
  /** When and by what a key was last written. */
  lastWrite(key: string): Promise<LastWriteAnswer>
  /** Those that rules use, by name. */
  pools(): ReadonlyMap<string, OpenPool>
  readonly embeddedSocket: () => string | undefined
}

/** To `POST /reload`. */
export interface ReloadQuestion {
  /** Without it whatever the files say now is loaded. */
  readonly shown?: Shown
}

/** Of `POST /reload`. */
export interface ReloadAnswer {
  readonly report: ReloadReport
  /** What is needed of the sources to show the diagnostics. */
  readonly sources: readonly Source[]
}

/** To `POST /plan`. */
export interface PlanQuestion {
  /** Absolute; without them the files that the broker was started on. */
  readonly files?: readonly string[]
}

/** Of `POST /plan`. */
export interface PlanAnswer {
  readonly report: PlanReport
  /** What is needed of the sources to show the diagnostics. */
  readonly sources: readonly Source[]
}

/** To `POST /last-write`. */
export interface LastWriteQuestion {
  /** Of Redis. */
  readonly key: string
}

/** Of `POST /last-write`. */
export interface LastWriteAnswer {
  /** By the running rules; null if none of the recent events made them write it. */
  readonly write: LastWrite | null
  /** How many events were looked at, and the time of the first, in milliseconds since 1970; null where there is none. */
  readonly events: number
  readonly from: number | null
}

/** To `POST /redis`. */
export interface RedisQuestion {
  /** Not needed if there is one. */
  readonly pool?: string
  /** The command's name and its arguments, base64. */
  readonly args: readonly string[]
}

/** Of `POST /redis`. */
export interface RedisAnswer {
  readonly pool: string
  readonly reply: ReplyJson
}

/** All that can be asked of a running broker. */
export function routesOf(broker: Routed): readonly Route[] {
  return [
    { method: 'GET', path: '/status', answer: () => ({ status: 200, body: broker.status() }) },
    {
      method: 'POST', path: '/reload', async answer(question) {
        const shown = shownIn(question)
        if (shown === null) return refusal(400, 'a reload of what was shown is {"shown": {"running": hash, "files": hash}}')
        const { report, sources } = await broker.reload(shown)
        const body: ReloadAnswer = { report: { ...report, diagnostics: withoutFixes(report.diagnostics) }, sources: shownSources(report.diagnostics, sources) }
        return { status: 200, body }
      },
    },
    { method: 'GET', path: '/events', answer: () => ({ status: 200, body: broker.recent() }) },
    {
      method: 'POST', path: '/plan', async answer(body) {
        const files = filesIn(body)
        return files === null ? refusal(400, 'a plan is asked for with {"files": [path, ..]}') : await askPlan(broker, files)
      },
    },
    {
      method: 'POST', path: '/last-write', async answer(body) {
        const key = typeof body === 'object' && body !== null && 'key' in body ? body.key : undefined
        return typeof key === 'string' ? { status: 200, body: await broker.lastWrite(key) } : refusal(400, 'a key is asked after with {"key": name}')
      },
    },
    {
      method: 'POST', path: '/redis', async answer(body) {
        const question = questionOf(body)
        return question === undefined ? refusal(400, 'a command is {"pool": name, "args": [base64, ..]}') : await askRedis(broker, question)
      },
    },
  ]
}

/** A fix may write a line with a secret anew, and nobody mends over this socket. */
function withoutFixes(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.map(it => ({ ...it, fix: undefined }))
}

/** Null if it is no such question. */
function shownIn(body: unknown): Shown | undefined | null {
  if (body === undefined) return undefined
  if (typeof body !== 'object' || body === null) return null
  if (!('shown' in body)) return undefined
  const { shown } = body
  if (typeof shown !== 'object' || shown === null || !('running' in shown) || !('files' in shown)) return null
  const { running, files } = shown
  return typeof running === 'string' && typeof files === 'string' ? { running, files } : null
}

async function askPlan(broker: Routed, files: readonly string[] | undefined): Promise<Answer> {
  const planned = await broker.plan(files)
  if (!planned.readable) return refusal(422, `${planned.file} cannot be read: ${planned.reason}`)
  const { report, sources } = planned
  const body: PlanAnswer = { report: { ...report, diagnostics: withoutFixes(report.diagnostics) }, sources: shownSources(report.diagnostics, sources) }
  return { status: 200, body }
}

/** Null if it is no such question. */
function filesIn(body: unknown): readonly string[] | undefined | null {
  if (body === undefined) return undefined
  if (typeof body !== 'object' || body === null) return null
  const files = 'files' in body ? body.files : undefined
  if (files === undefined) return undefined
  return Array.isArray(files) && files.length > 0 && files.every(file => typeof file === 'string') ? files : null
}

async function askRedis(broker: Routed, { pool: name, args }: RedisQuestion): Promise<Answer> {
  const pools = broker.pools()
  const names = [...pools.keys()].join(', ')
  if (pools.size === 0) return refusal(404, 'its rules use no pool')
  if (name === undefined && pools.size > 1) return refusal(409, `its rules use several pools, name one with --pool: ${names}`)
  const pool = name === undefined ? [...pools.values()][0] : pools.get(name)
  if (pool === undefined) return refusal(404, `its rules use no pool ${name}; they use ${names}`)
  try {
    const reply = await pool.command(args.map(arg => Buffer.from(arg, 'base64')))
    const body: RedisAnswer = { pool: pool.name, reply: replyToJson(reply) }
    return { status: 200, body }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    return unanswered(error, pool, broker.embeddedSocket())
  }
}

function unanswered({ reason, message }: CommandFailure, pool: OpenPool, embeddedSocket: string | undefined): Answer {
  switch (reason) {
    case 'unfit': {
      const [name = ''] = message.split(' ', 1)
      return refusal(400, `${name} is not sent: it would hold up or change the connection that the next command has too; type ${redisCli(pool, embeddedSocket)} for it`)
    }
    case 'absent': return refusal(502, `the Redis of ${pool.name} is not there: ${message}`)
    case 'too-long': return refusal(502, `${message}: ask for less, for example with SCAN, HSCAN, GETRANGE or LRANGE`)
    default: return reason satisfies never
  }
}

/** What to type to be alone with the pool's Redis. */
function redisCli({ spec: { server, database } }: OpenPool, embeddedSocket: string | undefined): string {
  const [first] = server === 'embedded' ? [] : server
  const where = first === undefined ? `-s ${embeddedSocket ?? ''}` : `-h ${first.host} -p ${first.port}`
  return `redis-cli ${where}${database === 0 ? '' : ` -n ${database}`}`
}

function questionOf(body: unknown): RedisQuestion | undefined {
  if (typeof body !== 'object' || body === null || !('args' in body)) return undefined
  const { args } = body
  const pool = 'pool' in body ? body.pool : undefined
  if (!Array.isArray(args) || args.length === 0 || !args.every(arg => typeof arg === 'string')) return undefined
  if (pool !== undefined && typeof pool !== 'string') return undefined
  return { args, ...(pool === undefined ? {} : { pool }) }
}
