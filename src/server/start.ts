import { dirname, resolve } from 'node:path'
import { newBootId } from '../actions/msgid.ts'
import { compile, type Source } from '../compile.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Log } from '../engine/log-port.ts'
import { createReload, type Reload, type ReloadReport } from '../engine/reload.ts'
import { settleLeftovers } from '../engine/leftovers.ts'
import type { OpenPool, PoolOpener, Snapshot } from '../engine/reload-ports.ts'
import { openReady, usedPools } from '../engine/used-pools.ts'
import type { Listener } from '../language/settings.ts'
import type { PoolSpec, Program } from '../plan/program.ts'
import { createParseCache, type ParseCache } from '../syntax/parse-cache.ts'
import { startEmbedded, type EmbeddedStore } from '../store/embedded.ts'
import { openPool, type OpenPool as StorePool } from '../store/open-pool.ts'
import { readTls } from '../store/tls-files.ts'
import { readCertificates, type CertificateTaken } from './certificate-files.ts'
import { renewCertificates } from './certificate-renewal.ts'
import { systemClock } from './clock.ts'
import { createClosers, type Closers } from './closers.ts'
import { openControl } from './control.ts'
import { collectEarly } from './early-collection.ts'
import { watchEventLoop } from './event-loop.ts'
import { findLastWrite } from './last-write.ts'
import { listenerUrl } from './listener-url.ts'
import { planFiles } from './plan.ts'
import { diagnosticFields, logReload } from './reload-log.ts'
import { routesOf } from './routes.ts'
import { createRuntime } from './runtime.ts'
import { ListenError, type BoundListener, type Runtime } from './runtime-port.ts'
import { collectShortly } from './short-collections.ts'
import { readSources } from './sources.ts'
import { cannotListen, poolNotThere, StartFailure, unreadable } from './start-failure.ts'
import { statusOf } from './status.ts'
import { watchFiles } from './watch.ts'

export interface StartOptions {
  /** Rules files, and folders of such, as the user named them. */
  readonly files: readonly string[]
  /** Of hookline. */
  readonly version: string
  readonly log: Log
  /** Shows what is wrong in the files to a user who can see it: warnings at start, and all of a reload that was rejected. */
  readonly showFindings: (diagnostics: readonly Diagnostic[], sources: readonly Source[]) => void
  /** Aborted when the user no longer wants it started. */
  readonly signal: AbortSignal
}

/** A running hookline. */
export interface Server {
  readonly program: Program
  readonly listeners: readonly BoundListener[]
  /** Absolute; where the embedded store keeps its files. */
  readonly dataDir: string
  /** Socket of the embedded store, if one runs. */
  readonly embeddedSocket: string | undefined
  /** What the embedded store holds is there again at the next start; true also if none runs. */
  readonly embeddedKeeps: boolean
  readonly reload: Reload
  /** Stops accepting, finishes what is on its way, closes; may be called again. */
  close(): Promise<void>
}

/** SPEC 5.4. Seconds that a pool has to answer at start. */
const READY_SECONDS = 10

/**
 * Starts hookline on its rules files: the one place that knows all parts. Rejects with a
 * {@link StartFailure}, and then nothing of it is left running.
 */
export async function start(options: StartOptions): Promise<Server> {
  const closers = createClosers()
  const collections = collectShortly()
  closers.add(async () => { collections.close() })
  try {
    return await startParts(options, closers)
  } catch (error) {
    // Why it did not start is what its user must hear; trouble with the clearing up comes second.
    await closers.close().catch((trouble: unknown) => { options.log.error({ err: trouble }, 'clearing up after a failed start failed') })
    throw error
  }
}

async function startParts(options: StartOptions, closers: Closers): Promise<Server> {
  const { files, log, signal } = options
  const startedAt = systemClock.now()
  const parsed = createParseCache()
  const { snapshot, sources, program } = await load(options, parsed)
  const folder = resolve(dirname(sources[0]?.name ?? '.'))
  const certificates = await readCertificates(program.settings.listeners, folder)
  const dataDir = resolve(folder, program.settings.dataDir ?? 'data')
  const store = embeddedOnDemand(dataDir, log)
  closers.add(() => store.stop())
  const boot = newBootId()
  /** The pools as they were opened, by what reload knows of them. */
  const opened = new WeakMap<object, StorePool>()
  let runtime: Runtime | undefined

  const open: PoolOpener = async spec => {
    const socketPath = spec.server === 'embedded' ? (await store.get()).socketPath : undefined
    // each connection reads them anew; what is wrong now is better said before there is one
    if (spec.tls !== undefined) await readTls(spec.tls, folder)
    const pool = openPool({ spec, socketPath, folder, boot, log })
    pool.onAway = () => { runtime?.poolAway(pool) }
    pool.onBack = sameData => { runtime?.poolBack(pool, sameData) }
    pool.onOrder = text => { runtime?.order(pool, text) }
    pool.onWake = topic => { runtime?.wake(pool, topic) }
    opened.set(pool, pool)
    return pool
  }

  const pools = await unlessAborted(signal, openUsed(open, usedPools(program)))
  let closePools = (): Promise<void> => closeAll(pools.values())
  closers.add(() => closePools())

  const running = await createRuntime({ program, pools, boot, log })
  runtime = running
  closers.add(() => running.close())
  await unlessAborted(signal, settleLeftovers({ rules: { program, pools }, now: () => Math.floor(systemClock.now() / 1_000), log }))
  const listeners = await listen(running, program, { certificates, files })
  signal.throwIfAborted()
  const renewal = await renewCertificates(listeners, certificates, { folder, log })
  closers.add(() => renewal.close())

  let lastReload: { readonly report: ReloadReport, readonly sources: readonly Source[], readonly at: Date } | undefined
  const reload = createReload({
    first: { number: 1, sources, program, pools },
    snapshot,
    readSources: () => readSources(files, { parsed }),
    compile: changed => compile(changed, { parsed }),
    openPool: open,
    runtime: running,
    clock: systemClock,
    log,
    onReport(report, reportSources) {
      lastReload = { report, sources: reportSources, at: new Date() }
      if (report.result === 'rejected') options.showFindings(report.diagnostics, reportSources)
      logReload(log, report)
      // Who asks for a reload by hand may have renewed a certificate where no event tells of it.
      renewal.look().catch((error: unknown) => { log.error({ err: error }, 'looking at the certificates failed') })
    },
  })
  closePools = () => reload.closePools()
  closers.add(() => reload.stop())
  const watch = await watchFiles({
    files,
    read: () => readSources(files, { parsed }),
    seen: () => reload.seen,
    onChange: () => reload.run('watch'),
    log,
  })
  closers.add(() => watch.close())

  const collection = collectEarly()
  closers.add(async () => { collection.close() })
  const eventLoop = watchEventLoop()
  const poolsOf = (known: Iterable<object>): StorePool[] => [...known].flatMap(pool => opened.get(pool) ?? [])
  const embedded = (): string | undefined => store.socketPath()
  const control = await openControl({
    boot,
    log,
    routes: routesOf({
      status: () => {
        const socket = embedded()
        return statusOf({
          version: options.version, startedAt, files: files.map(file => resolve(file)), node: program.settings.nodeName,
          generation: reload.current, lastReload, listeners, runtime: running.look(), eventLoop: eventLoop(),
          embedded: socket === undefined ? undefined : { socket, folder: dataDir },
          pools: poolsOf(reload.current.pools.values()), draining: poolsOf(reload.draining),
        })
      },
      async reload(shown) {
        const report = await (shown === undefined ? reload.run('command') : reload.runShown(shown))
        return { report, sources: lastReload?.report === report ? lastReload.sources : [] }
      },
      plan: paths => planFiles(paths ?? files, reload.current, running.recent()),
      recent: () => running.recent(),
      lastWrite: key => findLastWrite(key, reload.current.program, running.recent()),
      pools: () => new Map(poolsOf(reload.current.pools.values()).map(pool => [pool.name, pool])),
      embeddedSocket: embedded,
    }),
  })
  // the first to be closed: what stops is not found
  closers.add(() => control.close())

  log.info({
    listeners: listeners.map(bound => ({ kind: bound.listener.kind, name: bound.listener.name, ...bound.address, url: listenerUrl(bound) })),
    node: program.settings.nodeName,
    generation: reload.current.number,
    hash: program.hash,
    rules: Object.values(program.steps).flat().length,
  }, 'ready')
  return { program, listeners, dataDir, embeddedSocket: store.socketPath(), embeddedKeeps: store.keeps(), reload, close: () => closers.close() }
}

/** What the files say, or the failure that ends the start: nothing has been started yet. */
async function load({ files, log, showFindings }: StartOptions, parsed: ParseCache): Promise<{ snapshot: Snapshot, sources: readonly Source[], program: Program }> {
  const snapshot = await readSources(files, { parsed })
  if (!snapshot.readable) throw unreadable(snapshot.file, snapshot.reason)
  const { sources } = snapshot
  const variables = sources.find(({ kind }) => kind === 'environment')
  if (variables !== undefined) log.info({ variables: variables.text.match(/^[^=\n]+/gm) }, 'the environment has settings')
  const { program, diagnostics } = compile(sources, { parsed })
  if (program === undefined) throw new StartFailure(['the rules have errors; nothing was started'], { diagnostics, sources })
  if (diagnostics.length > 0) {
    showFindings(diagnostics, sources)
    log.warn({ diagnostics: diagnostics.map(diagnosticFields) }, 'the rules have warnings')
  }
  return { snapshot, sources, program }
}

/** Opens all of them at once; the first that does not answer, in the order of the file, fails the start. */
async function openUsed(open: PoolOpener, specs: readonly PoolSpec[]): Promise<ReadonlyMap<string, OpenPool>> {
  const answers = await Promise.all(specs.map(spec => openReady(open, spec, READY_SECONDS * 1_000)))
  const pools = new Map(answers.flatMap(answer => answer.ok ? [[answer.pool.name, answer.pool]] : []))
  const failed = answers.find(answer => !answer.ok)
  if (failed === undefined) return pools
  await closeAll(pools.values())
  throw poolNotThere(failed, READY_SECONDS)
}

async function closeAll(pools: Iterable<OpenPool>): Promise<void> {
  await Promise.all([...pools].map(pool => pool.close()))
}

async function listen(
  runtime: Runtime, { settings }: Program,
  { certificates, files }: { readonly certificates: ReadonlyMap<Listener, CertificateTaken>, readonly files: readonly string[] },
): Promise<readonly BoundListener[]> {
  try {
    return await runtime.listen(settings.listeners, new Map(Array.from(certificates, ([listener, { certificate }]) => [listener, certificate])))
  } catch (error) {
    if (error instanceof ListenError) throw cannotListen(error, files[0] ?? '')
    throw error
  }
}

/** The one embedded store of the process, started when a pool first needs it. */
function embeddedOnDemand(dataDir: string, log: Log) {
  let started: Promise<EmbeddedStore> | undefined
  let running: EmbeddedStore | undefined
  return {
    async get(): Promise<EmbeddedStore> {
      started ??= startEmbedded({ dataDir, log })
      try {
        running = await started
        return running
      } catch (error) {
        // So that a later reload can try again.
        started = undefined
        throw error
      }
    },
    socketPath: () => running?.socketPath,
    keeps: () => running?.keeps ?? true,
    async stop(): Promise<void> {
      const store = await started
      await store?.stop()
    },
  }
}

/** Waits for the work unless the user no longer wants it; then its outcome no longer matters. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => { reject(signal.reason) }, { once: true })
  })
  return await Promise.race([work, aborted])
}
