import { keys } from '../actions/keys.ts'
import type { Pool, PoolEvents, Submission } from '../delivery/ports.ts'
import type { Log } from '../engine/log-port.ts'
import type { PoolSpec } from '../plan/program.ts'
import { openAccess, type Access } from './access.ts'
import { createAcking } from './acking.ts'
import { answerAt, passingFailure } from './answers.ts'
import { hearChannels, type Channels } from './channels.ts'
import { createClockOffset } from './clock-offset.ts'
import { planClusterReads } from './cluster/reads.ts'
import type { Answer, Call } from './connection.ts'
import type { Failure } from './failure.ts'
import { firstAnswer } from './first-answer.ts'
import { createLoneCommands } from './lone-commands.ts'
import { createOutages, type Outage } from './outages.ts'
import { passing, settleAll, settleCall } from './outcome.ts'
import { lackOfReplicas, needsReplicas, waitCall } from './replicas.ts'
import { answerReads, failReads, planReads, type Read, type ReadCall } from './reads.ts'
import type { Reply } from './reply.ts'
import { callNumbers, chain, planRound, type WriteCall } from './round.ts'
import { answer, unanswered, type Unanswered } from './unanswered.ts'
import { createWaiting } from './waiting.ts'
import { readWake } from './wake.ts'

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

interface Answered {
  readonly call: WriteCall
  readonly answered: Answer
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
/** How long outcomes are told before others have their turns, and how many at least. Milliseconds. */
const TURN_MS = 5
const TOLD_AT_ONCE = 32
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
  /** Calls that must be sent again before all else, in order and as they are. */
  let kept: WriteCall[] = []
  /** Calls that Redis has carried out and too few replicas have, with the answers that they get then. */
  let unconfirmed: Answered[] = []
  /** Submissions that have left and were not yet told, in order. */
  let left: Unanswered[] = []

  let ready = false
  let closing: Promise<void> | undefined
  let closed = false
  let pendingBytes = 0
  let scheduled = false
  /** A round is on its way, or what became of it is being told. */
  let sending = false
  /** Submissions whose outcomes are known, in order: telling goes on in the next turn of the event loop. */
  let untold: Unanswered[] = []
  let stallMs = FIRST_STALL_MS
  const outages = createOutages(spec.name, log)
  let sweeper: NodeJS.Timeout | undefined
  let forgottenAcks = 0
  let emptied: (() => void)[] = []
  let channels: Channels | undefined
  let badWakes = 0
  const first = firstAnswer()
  const isCluster = spec.type === 'cluster'

  const clockOffset = createClockOffset()

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
        resend()
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

  /** What a connection wrote may be gone with it, and only the one that wrote can ask for replicas. */
  function resend(): void {
    kept = [...unconfirmed.splice(0).map(({ call }) => call), ...kept]
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
    resend()
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
    const isFree = kept.length === 0 && unconfirmed.length === 0
    const fresh = (isFree ? waiting.take() : waiting.takeAcks(ordersOf(left))).map(unanswered)
    for (const submission of fresh) left.push(submission)
    const calls = [...kept, ...planRound(fresh, numbers)]
    kept = []
    chain(calls)
    const readCalls = (isCluster ? planClusterReads : planReads)(reads.splice(0, MAX_READS))
    const again = unconfirmed.length > 0
    const confirm = spec.waitReplicas > 0 && (again || calls.some(needsReplicas)) ? waitCall(spec.waitReplicas, again) : undefined
    if (calls.length === 0 && readCalls.length === 0 && confirm === undefined) {
      tell(takeFinished(undefined), '')
      return noteEmpty()
    }
    sending = true
    const round = [...calls, ...readCalls, ...(confirm === undefined ? [] : [confirm])]
    access.connection.send(round, (answers) => { settleRound({ calls, readCalls, confirm }, answers) })
  }

  function settleRound({ calls, readCalls, confirm }: Round, answers: readonly Answer[]): void {
    // why what was to be confirmed is not
    const lack = confirm === undefined ? undefined : lackOfReplicas(spec.waitReplicas, answerAt(answers, answers.length - 1))
    const written = [...unconfirmed.splice(0), ...calls.map((call, i) => ({ call, answered: answerAt(answers, i) }))]
    for (const { call, answered } of written) {
      if (lack === undefined || !answered.ok || !needsReplicas(call)) settleOrKeep(call, answered)
      else if (lack.kind === 'unknown') kept.push(call)
      else unconfirmed.push({ call, answered })
    }
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
      untold = takeFinished(failure)
      // who reads is told after who wrote
      return tellInTurns(() => {
        answerAll()
        endRound()
      })
    }
    tell(takeFinished(failure), failure.message)
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
    else if (waiting.size > 0 || reads.length > 0 || kept.length > 0 || unconfirmed.length > 0) schedule()
    noteEmpty()
    takeOver()
  }

  function settleOrKeep(call: WriteCall, answered: Answer): void {
    const failure = settleCall(call, answered)
    if (failure === undefined) {
      if (call.kind === 'ack-queue') confirmAcks(call)
    } else if (call.kind === 'command' && (spec.onFailure === 'pass' || call.owners.every(({ submission }) => !submission.hold))) {
      // at most once (SPEC 4.1)
      settleAll(call, passing(failure.message))
    } else {
      kept.push(call)
    }
  }

  function confirmAcks(call: WriteCall): void {
    for (const [i, owner] of call.owners.entries()) {
      const effect = owner.submission.effects[call.effects[i] ?? -1]
      if (effect?.kind === 'ack-queue') acking.confirm(effect.msgid)
    }
  }

  /** Takes out whose last effect has its outcome, and at a failure those that do not wait. */
  function takeFinished(failure: Failure | undefined): Unanswered[] {
    const finished: Unanswered[] = []
    const stay: Unanswered[] = []
    for (const owner of left) {
      if (owner.open === 0 || (failure !== undefined && !owner.submission.hold)) finished.push(owner)
      else stay.push(owner)
    }
    left = stay
    return finished
  }

  /** One message may go to many subscribers, and a round holds many: others have their turns between them. */
  function tellInTurns(told: () => void): void {
    const end = performance.now() + TURN_MS
    let next = 0
    while (next < untold.length && (next === 0 || performance.now() < end)) {
      tell(untold.slice(next, next + TOLD_AT_ONCE), '')
      next += TOLD_AT_ONCE
    }
    untold = untold.slice(next)
    if (untold.length === 0) told()
    else setImmediate(() => { tellInTurns(told) })
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

  function hearWake(text: Buffer): void {
    const wake = readWake(text)
    if (wake === undefined) {
      if (++badWakes === 1) log.warn({ pool: spec.name, channel: wakeChannel }, 'somebody else publishes on a channel of hookline; what is no wake is ignored')
      return
    }
    if (closing !== undefined || wake.sender === numbers.batch) return
    for (const { topic, score, prev } of wake.topics) pool.onWake(topic, score, { index: wake.index, prev })
  }

  function noteOutage(clause: string): void {
    if (closing === undefined) outages.begin(clause)
  }

  function noteRecovery(): void {
    if (kept.length === 0 && unconfirmed.length === 0) outages.end()
  }

  function isEmpty(): boolean {
    return !sending && kept.length === 0 && unconfirmed.length === 0 && waiting.size === 0 && reads.length === 0 && doomed.length === 0 && left.length === 0 && untold.length === 0
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
    kept = []
    unconfirmed = []
    fail(waiting.takeAll(), 'the pool was closed')
    const never = [...untold, ...left]
    untold = []
    left = []
    tell(never, 'the pool was closed')
    failImpatient()
  }

  const pool: OpenPool = {
    name: spec.name,
    get spec() { return spec },
    get server() { return access.server },
    renew,
    get ready() { return ready },
    get pendingBytes() { return pendingBytes },
    get clockOffsetMs() { return clockOffset.ms },
    get outage() { return outages.current },
    get load() { return { waiting: waiting.size, sent: left.length + untold.length } },
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

/** Whose commands have not all been carried out: what they gave later must wait. */
function ordersOf(left: readonly Unanswered[]): Set<object> {
  const waitFor = left.filter(({ submission }) => submission.effects.some(({ kind }) => kind === 'command'))
  return new Set(waitFor.map(({ submission }) => submission.order))
}

/** Waits for the work, but not longer. */
async function before(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => { timer = setTimeout(resolve, ms) })
  await Promise.race([work, deadline])
  clearTimeout(timer)
}
