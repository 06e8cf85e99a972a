import { keys } from '../actions/keys.ts'
import type { PoolSpec } from '../plan/program.ts'
import { connect, type Answer, type Call } from './connection.ts'
import { SCRIPTS } from './scripts.ts'
import { openWay } from './way.ts'

/** How far an adoption is, of those before it too if it went on where one was stopped. */
export interface Adoption {
  /** Keys looked at, and how many the database holds, more or less. */
  readonly looked: number
  readonly total: number
  /** Topics with a log, and with a retained message. */
  readonly logs: number
  readonly retained: number
  /** Of both, those that were in no index. */
  readonly added: number
  /** All keys were looked at. */
  readonly finished: boolean
}

export interface AdoptOptions {
  readonly spec: PoolSpec
  /** Relative files of TLS are below it. */
  readonly folder?: string
  /** Counts only. */
  readonly dryRun: boolean
  readonly keysPerSecond: number
  /** Aborted: stops after the step that is on its way. */
  readonly signal: AbortSignal
  readonly onProgress: (adoption: Adoption) => void
}

/** Keys of one step: a script holds up all other clients of its Redis, about a microsecond a key. */
const KEYS_PER_STEP = 500
/** How long Redis may be away, at the beginning and in between. */
const AWAY_MS = 10_000
const RETRY_MS = 500

/**
 * Enters the topics that EMQ X left into the indexes, where wildcard subscriptions find them (SPEC 3,
 * "Old data"), by one paced SCAN. Stopped, it goes on there the next time; after a restart of Redis
 * from the beginning, because a cursor means nothing to another process. Rejects with an Error whose
 * message is a plain clause when Redis is away for too long or refuses for good.
 */
export async function adopt(options: AdoptOptions): Promise<Adoption> {
  const link = openLink(options)
  try {
    return await walk(options, link)
  } finally {
    await link.end()
  }
}

interface Position extends Omit<Adoption, 'total' | 'finished'> {
  readonly run: string
  readonly cursor: string
}

async function walk(options: AdoptOptions, link: Link): Promise<Adoption> {
  const { dryRun, keysPerSecond, signal, onProgress } = options
  let { position, total } = await locate(link, undefined, dryRun)
  for (;;) {
    const startedAt = Date.now()
    const answers = await link.ask([stepCall(position, dryRun)])
    if (answers === undefined) {
      // it may have been done or not, or the server may be another: it knows
      ({ position, total } = await locate(link, position, dryRun))
      continue
    }
    const [next = '0', ...counts] = texts(answers[0])
    const [looked = 0, logs = 0, retained = 0, added = 0] = counts.map(Number)
    position = {
      run: position.run, cursor: next, looked: position.looked + looked, logs: position.logs + logs,
      retained: position.retained + retained, added: position.added + added,
    }
    const finished = next === '0'
    const adoption = { looked: position.looked, total, logs: position.logs, retained: position.retained, added: position.added, finished }
    onProgress(adoption)
    if (finished || signal.aborted) return adoption
    await pause(KEYS_PER_STEP / keysPerSecond * 1_000 - (Date.now() - startedAt), signal)
  }
}

/** Where to go on: where a run before this one was stopped, or at the beginning. */
async function locate(link: Link, before: Position | undefined, dryRun: boolean): Promise<{ position: Position, total: number }> {
  let answers: readonly Answer[] | undefined
  while (answers === undefined) {
    answers = await link.ask([
      { name: 'INFO', args: ['server'], binary: false }, { name: 'DBSIZE', args: [], binary: false },
      { name: 'HMGET', args: [keys.adopting, 'run', 'cursor', 'looked', 'logs', 'retained', 'added'], binary: false },
    ])
  }
  const [info, size, noted] = answers
  const run = /^run_id:(\w+)/m.exec(info?.ok === true ? String(info.reply) : '')?.[1] ?? ''
  const total = size?.ok === true ? Number(size.reply) : 0
  const [notedRun, cursor = '0', ...counts] = texts(noted)
  const [looked = 0, logs = 0, retained = 0, added = 0] = counts.map(Number)
  const kept = dryRun ? before : { run: notedRun, cursor, looked, logs, retained, added }
  const position = kept !== undefined && kept.run === run ? { ...kept, run } : { run, cursor: '0', looked: 0, logs: 0, retained: 0, added: 0 }
  return { position, total }
}

function stepCall({ run, cursor }: Position, dryRun: boolean): Call {
  return { name: 'evalsha', args: [SCRIPTS.adopt.sha, '0', run, cursor, String(KEYS_PER_STEP), dryRun ? '0' : '1'], binary: false }
}

function texts(answer: Answer | undefined): string[] {
  const elements: unknown[] = answer?.ok === true && Array.isArray(answer.reply) ? answer.reply : []
  // what is not there is null
  return elements.map((element) => typeof element === 'string' || typeof element === 'number' ? String(element) : '')
}

interface Link {
  /** Undefined: Redis was lost or could not; it is there again when this resolves. */
  ask(calls: readonly Call[]): Promise<readonly Answer[] | undefined>
  end(): Promise<void>
}

function openLink({ spec, folder }: AdoptOptions): Link {
  const way = openWay({ spec, folder })
  let ready = false
  let trouble = { clause: 'no answer', final: false }
  let waiters: (() => void)[] = []
  const connection = connect({ spec, line: way.line() }, {
    onReady() {
      ready = true
      wake()
    },
    onLost() { ready = false },
    onTrouble(clause, final) {
      trouble = { clause, final }
      if (final) wake()
    },
  })

  function wake(): void {
    const woken = waiters
    waiters = []
    for (const resolve of woken) resolve()
  }

  async function whenReady(): Promise<void> {
    if (!ready) {
      const timer = setTimeout(wake, AWAY_MS)
      await new Promise<void>((resolve) => { waiters.push(resolve) })
      clearTimeout(timer)
    }
    if (!ready) throw new Error(trouble.clause)
  }

  return {
    async ask(calls) {
      await whenReady()
      const answers = await new Promise<readonly Answer[]>((resolve) => { connection.send(calls, resolve) })
      const failure = answers.flatMap((answer) => answer.ok ? [] : [answer.failure])[0]
      if (failure === undefined) return answers
      if (failure.kind === 'lasting') throw new Error(failure.message)
      ready = false
      trouble = { clause: failure.message, final: false }
      if (failure.kind === 'unknown') connection.drop()
      else connection.retry(RETRY_MS)
      return undefined
    },
    async end() {
      await connection.end()
      way.end()
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
