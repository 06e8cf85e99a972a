import { keys } from '../actions/keys.ts'
import type { Pool, PoolEvents, Submission } from '../delivery/ports.ts'
import type { Log } from '../engine/log-port.ts'
import type { PoolSpec } from '../plan/program.ts'
import { openAccess, type Access } from './access.ts'
import { createAcking } from './acking.ts'
import { answerAt, passingFailure } from './answers.ts'
import { hearChannels, type Channels } from './channels.ts'
import { watchClockOffset } from './clock-offset.ts'
import { planClusterReads } from './cluster/reads.ts'
import type { Answer, Call } from './connection.ts'
import { firstAnswer } from './first-answer.ts'
import { createLoneCommands } from './lone-commands.ts'
import { createOutages, type Outage } from './outages.ts'
import { passing } from './outcome.ts'
import { lackOfReplicas, needsReplicas, waitCall } from './replicas.ts'
import { answerReads, failReads, planReads, type Read, type ReadCall } from './reads.ts'
import type { Reply } from './reply.ts'
import { callNumbers, type WriteCall } from './round.ts'
import { createSent } from './sent.ts'
import { createTelling } from './telling.ts'
import { answer, type Unanswered } from './unanswered.ts'
import { createWaiting } from './waiting.ts'
import { othersWakes, type Wake } from './wake.ts'

export interface PoolOptions {
  readonly spec: PoolSpec
  /** In place of the server's address: the Unix socket of the embedded store. */
  readonly socketPath?: string | undefined
  /** Relative files of TLS are below it. */
  readonly folder?: string | undefined
  /** Unique per broker process. */
  readonly boot: string
  readonly events?: Partial<PoolEvents>
  readonly log: Log
}

/** A pool with its lifetime: who opens it closes it. */
export interface OpenPool extends Pool, PoolEvents {
  readonly spec: PoolSpec
  /** Once per outage, before anything fails because of it. May be set anew; not called for the first connect. */
  onAway: PoolEvents['onAway']
  /** May be set anew; not called for the first connect. */
  onBack: PoolEvents['onBack']
  /** May be set anew. */
  onOrder: PoolEvents['onOrder']
  /** May be set anew. */
  onWake: PoolEvents['onWake']
  /** That it is away, while it is and until all that it held up is done. */
  readonly outage: Outage | undefined
  /** Submissions that wait for a round, and those that have left and are not answered in full. */
  readonly load: { readonly waiting: number, readonly sent: number }
  /** Sends one command of a person's beside the rounds: {@link LoneCommands.run}. */
  command(args: readonly Buffer[]): Promise<Reply>
  /**
   * Resolves when Redis has answered for the first time. Rejects after `timeoutMs`, or when waiting
   * does not help, with an Error whose message is a plain clause, such as `connection refused`.
   */
  whenReady(timeoutMs: number): Promise<void>
  /** The server process and database that it had last, as a name; undefined where that is not known. */
  readonly server: string | undefined
  /**
   * Goes over to other settings for the same Redis, as soon as it is there by them: from one round
   * to the next, so that whatever was given to it keeps its order and is carried out once.
   */
  renew(spec: PoolSpec): void
  /** Resolves when nothing is queued or on its way. */
  drained(): Promise<void>
  /** After what is on its way was answered, or two seconds; at once while Redis is away. What is left fails as passing. */
  close(): Promise<void>
}

/** What leaves at once; `confirm` asks for the replicas of all that was written until then. */
interface Round {
  readonly calls: readonly WriteCall[]
  readonly readCalls: readonly ReadCall[]
  readonly confirm: Call | undefined
}

/** Pauses between two attempts to have done what Redis refused for now. */
const FIRST_STALL_MS = 100
const MAX_STALL_MS = 500
const CLOSE_DEADLINE_MS = 2_000
/** How often submissions that nobody waits for any more are let go while Redis is away. */
const SWEEP_MS = 1_000
/** Acknowledgements that wait while Redis is away; beyond it the oldest are forgotten, which costs a redelivery. */
const MAX_WAITING_ACKS = 100_000
const FORGET_AT_ONCE = 10_000
/** Reads of one round. */
const MAX_READS = 512

/** A broker may open several pools on one Redis, and a pool anew after a reload: each has a mark of its own. */
let opened = 0

/**
 * Opens a pool and begins to connect, for ever. Everything travels in rounds over one ordered
 * connection, of a cluster one to each master (DELIVERY 0.6, 2); more connections could only lose the order.
 */
export function openPool(options: PoolOptions): OpenPool {
  const { log } = options
  let { spec } = options
  const wakeChannel = keys.wake(spec.database)
  const boot = `${options.boot}.${++opened}`
  const numbers = callNumbers(boot, () => ({ channel: wakeChannel, own: channels?.hears(wakeChannel) === true ? 1 : 0 }))
  const acking = createAcking()
  const waiting = createWaiting((cancelled) => {
    acking.leave(cancelled)
    pendingBytes -= cancelled.bytes
  })
  /** Submissions that must fail at the end of this tick. */
  let doomed: Submission[] = []
  let reads: Read[] = []
  const sent = createSent({ waiting, acking, numbers })
  const telling = createTelling(tell)

  let ready = false
  let closing: Promise<void> | undefined
  let closed = false
  let pendingBytes = 0
  let scheduled = false
  /** A round is on its way, or what became of it is being told. */
  let sending = false
  let stallMs = FIRST_STALL_MS
  const outages = createOutages(spec.name, log)
  let sweeper: NodeJS.Timeout | undefined
  let forgottenAcks = 0
  let emptied: (() => void)[] = []
  let channels: Channels | undefined
  const hearWake = othersWakes({ pool: spec.name, channel: wakeChannel, own: numbers.batch, log }, wake)
  const first = firstAnswer()
  const isCluster = spec.type === 'cluster'
  /** 0 until Redis was asked. */
  let clockOffsetMs = 0
  const clockOffset = watchClockOffset((ms) => { clockOffsetMs = ms })

  let access = reach(spec)
  /** That of {@link OpenPool.renew}, until it takes over. */
  let coming: Access | undefined
  let lone = createLoneCommands({ spec, line: access.line() })

  function reach(by: PoolSpec): Access {
    const isCurrent = (): boolean => mine === access
    const before = () => isCurrent() ? undefined : { access, works: ready }
    const mine = openAccess({ ...options, spec: by, boot, before }, {
      onReady(sameData: boolean | undefined, offsetMs: number): void {
        if (isCurrent()) return nowReady(sameData, offsetMs)
        mine.arrived = { sameData, clockOffsetMs: offsetMs, besides: ready }
        takeOver()
      },
      onLost(): void {
        mine.arrived = undefined
        if (!isCurrent()) return
        sent.resend()
        goAway('connection lost')
        failImpatient()
      },
      onTrouble(clause: string, final: boolean): void {
        if (!isCurrent()) return
        outages.troubled(clause)
        first.delayed(clause, final)
        if (first.came() && final) noteOutage(clause)
      },
    })
    return mine
  }

  function nowReady(sameData: boolean | undefined, offsetMs: number): void {
    clockOffset.note(offsetMs)
    outages.connected()
    if (closing !== undefined && !first.came()) return
    ready = true
    clearInterval(sweeper)
    if (first.came()) {
      noteRecovery()
      pool.onBack(sameData === true)
    } else {
      first.comes()
      channels = hear()
    }
    flush()
  }

  /** A cluster has no channel (SPEC 5.3). */
  function hear(): Channels | undefined {
    return isCluster ? undefined : hearChannels({ spec, line: access.line(), heard: new Map([[spec.channel, hearOrder], [wakeChannel, hearWake]]), log })
  }

  function renew(next: PoolSpec): void {
    void coming?.end()
    coming = reach(next)
  }

  /** Between two rounds. */
  function takeOver(): void {
    if (coming?.arrived === undefined || sending || closing !== undefined) return
    const { arrived } = coming
    if (!ready && arrived.besides) {
      // it was left alone, and may now hang with something that would be carried out later
      coming.arrived = undefined
      return coming.connection.retry(0)
    }
    const before = { access, channels, lone }
    const wasReady = ready
    sent.resend()
    access = coming
    coming = undefined
    ;({ spec } = access)
    lone = createLoneCommands({ spec, line: access.line() })
    if (first.came()) channels = hear()
    void Promise.all([before.channels?.close(), before.lone.close()]).then(() => before.access.end())
    // nobody need hear of it, if nothing was missed and nothing is other
    if (wasReady && arrived.sameData === true) {
      clockOffset.note(arrived.clockOffsetMs)
      return schedule()
    }
    nowReady(arrived.sameData, arrived.clockOffsetMs)
  }

  function submit(submission: Submission): void {
    pendingBytes += submission.bytes
    acking.enter(submission)
    if (closed || (!ready && !submission.hold)) doomed.push(submission)
    else waiting.add(submission)
    if (!ready && waiting.acks > MAX_WAITING_ACKS) forgetAcks()
    schedule()
  }

  function ask(read: Read): void {
    reads.push(read)
    schedule()
  }

  /** Everything that is given in one turn of the event loop shares a round. */
  function schedule(): void {
    if (scheduled || (sending && ready)) return
    scheduled = true
    setImmediate(flush)
  }

  function flush(): void {
    scheduled = false
    if (!ready) return failImpatient()
    if (sending) return
    failDoomed()
    const calls = sent.leave()
    const readCalls = (isCluster ? planClusterReads : planReads)(reads.splice(0, MAX_READS))
    const again = sent.isUnconfirmed
    const confirm = spec.waitReplicas > 0 && (again || calls.some(needsReplicas)) ? waitCall(spec.waitReplicas, again) : undefined
    if (calls.length === 0 && readCalls.length === 0 && confirm === undefined) {
      tell(sent.takeFinished(undefined), '')
      return noteEmpty()
    }
    sending = true
    const round = [...calls, ...readCalls, ...(confirm === undefined ? [] : [confirm])]
    access.connection.send(round, (answers) => { settleRound({ calls, readCalls, confirm }, answers) })
  }

  function settleRound({ calls, readCalls, confirm }: Round, answers: readonly Answer[]): void {
    // why what was to be confirmed is not
    const lack = confirm === undefined ? undefined : lackOfReplicas(spec.waitReplicas, answerAt(answers, answers.length - 1))
    sent.settle(calls, answers, lack, spec.onFailure)
    const failure = passingFailure(answers) ?? lack
    // first of all: who is told now of a failure asks whether the pool is ready
    if (failure !== undefined) goAway(failure.message)
    const answerAll = () => {
      const unread = readCalls.flatMap((call, i) => answerReads(call, answerAt(answers, calls.length + i)))
      reads = [...unread, ...reads]
    }
    if (failure === undefined) {
      stallMs = FIRST_STALL_MS
      noteRecovery()
      // who reads is told after who wrote
      return telling.begin(sent.takeFinished(failure), () => {
        answerAll()
        endRound()
      })
    }
    tell(sent.takeFinished(failure), failure.message)
    answerAll()
    if (failure.kind === 'unknown') {
      access.connection.drop()
    } else {
      access.connection.retry(stallMs)
      stallMs = Math.min(stallMs * 2, MAX_STALL_MS)
    }
    endRound()
  }

  function endRound(): void {
    sending = false
    if (!ready) failImpatient()
    else if (waiting.size > 0 || reads.length > 0 || sent.isHeldUp) schedule()
    noteEmpty()
    takeOver()
  }

  function tell(owners: readonly Unanswered[], otherwise: string): void {
    for (const owner of owners) {
      pendingBytes -= owner.submission.bytes
      answer(owner, passing(otherwise))
    }
  }

  function goAway(clause: string): void {
    if (!ready) return
    ready = false
    doomed = [...waiting.takeImpatient(), ...doomed]
    noteOutage(clause)
    clearInterval(sweeper)
    sweeper = setInterval(() => { waiting.dropCancelled() }, SWEEP_MS).unref()
    if (closing === undefined) pool.onAway()
  }

  /** While Redis is away: reads fail, and submissions that do not wait. */
  function failImpatient(): void {
    const unread = reads
    reads = []
    failDoomed()
    failReads(unread, new Error('Redis is away'))
    noteEmpty()
  }

  function failDoomed(): void {
    if (doomed.length === 0) return
    const failed = doomed
    doomed = []
    fail(failed, outages.logged ?? 'not connected')
  }

  function fail(submissions: readonly Submission[], message: string): void {
    for (const submission of submissions) {
      acking.leave(submission)
      pendingBytes -= submission.bytes
      submission.done(submission.effects.map(() => passing(message)))
    }
  }

  function forgetAcks(): void {
    const forgotten = waiting.takeOldestAcks(FORGET_AT_ONCE)
    forgottenAcks += forgotten.length
    log.warn({ pool: spec.name, forgotten: forgotten.length, inAll: forgottenAcks }, 'too many acknowledgements wait for Redis: the oldest are forgotten, their messages will come again')
    doomed = [...doomed, ...forgotten]
  }

  function hearOrder(text: Buffer): void {
    if (closing === undefined) pool.onOrder(text)
  }

  function wake({ index, topics }: Wake): void {
    if (closing !== undefined) return
    for (const { topic, score, prev } of topics) pool.onWake(topic, score, { index, prev })
  }

  function noteOutage(clause: string): void {
    if (closing === undefined) outages.begin(clause)
  }

  function noteRecovery(): void {
    if (!sent.isHeldUp) outages.end()
  }

  function isEmpty(): boolean {
    return !sending && !sent.isHeldUp && waiting.size === 0 && reads.length === 0 && doomed.length === 0 && sent.size === 0 && telling.size === 0
  }

  function noteEmpty(): void {
    if (emptied.length === 0 || !isEmpty()) return
    const told = emptied
    emptied = []
    for (const tell of told) tell()
  }

  function drained(): Promise<void> {
    return isEmpty() ? Promise.resolve() : new Promise((resolve) => { emptied.push(resolve) })
  }

  async function close(): Promise<void> {
    if (ready) await before(CLOSE_DEADLINE_MS, drained())
    ready = false
    clearInterval(sweeper)
    clockOffset.end()
    first.delayed('the pool was closed', true)
    await Promise.all([access.end(), channels?.close(), lone.close(), coming?.end()])
    closed = true
    fail(waiting.takeAll(), 'the pool was closed')
    tell([...telling.takeAll(), ...sent.takeAll()], 'the pool was closed')
    failImpatient()
  }

  const pool: OpenPool = {
    name: spec.name,
    get spec() { return spec },
    get server() { return access.server },
    renew,
    get ready() { return ready },
    get pendingBytes() { return pendingBytes },
    get clockOffsetMs() { return clockOffsetMs },
    get outage() { return outages.current },
    get load() { return { waiting: waiting.size, sent: sent.size + telling.size } },
    command: (args) => lone.run(args),
    acking,
    onAway: options.events?.onAway ?? (() => {}),
    onBack: options.events?.onBack ?? (() => {}),
    onOrder: options.events?.onOrder ?? (() => {}),
    onWake: options.events?.onWake ?? (() => {}),
    submit,
    page: (request) => { ask({ kind: 'page', request }) },
    retained: (request) => { ask({ kind: 'retained', request }) },
    bodies: (msgids, done) => { ask({ kind: 'bodies', msgids, done }) },
    latest: (topic, done) => { ask({ kind: 'latest', topic, done }) },
    proxySubscriptions: (clientid, done) => { ask({ kind: 'subscriptions', clientid, done }) },
    presentClients: (node, cursor, done) => { ask({ kind: 'present', node, cursor, done }) },
    topics: (request) => { ask({ kind: 'topics', request }) },
    changedTopics: (request) => { ask({ kind: 'changed-topics', request }) },
    whenReady: (timeoutMs) => first.within(timeoutMs),
    drained,
    close: () => closing ??= close(),
  }
  return pool
}

/** Waits for the work, but not longer. */
async function before(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => { timer = setTimeout(resolve, ms) })
  await Promise.race([work, deadline])
  clearTimeout(timer)
}
