import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { access, lstat, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Log } from '../engine/log-port.ts'
import { startInProcess } from './in-process.ts'
import { accepts, takeLock, type LivingLock } from './living-lock.ts'

/** A Redis of hookline's own, as its child or in its process (SPEC 7). Who starts it stops it. */
export interface EmbeddedStore {
  /** The Unix socket on which it listens, and on nothing else. */
  readonly socketPath: string
  /** What it holds is on disk and there again at the next start; in this process it is not. */
  readonly keeps: boolean
  /** Process id of the child that runs now; none in this process. */
  readonly pid: number | undefined
  /** Ends the child in order, its data on disk; kills it after 10 s. May be called again. */
  stop(): Promise<void>
}

/** Why there is no embedded store; the message is a plain clause. */
export class EmbeddedFailure extends Error {
  /**
   * `no-server`: none is installed. `left-data`: a server left data in the folder, and none is installed.
   * `in-use`: another living process has the data folder. `failed`: it does not run.
   */
  readonly reason: 'no-server' | 'left-data' | 'in-use' | 'failed'
  /** What to type, if one command helps. */
  readonly command: string | undefined

  constructor(reason: EmbeddedFailure['reason'], message: string, command?: string) {
    super(message)
    this.reason = reason
    this.command = command
  }
}

export interface EmbeddedOptions {
  /** Absolute; made if it is not there. */
  readonly dataDir: string
  readonly log: Log
}

const BINARIES = ['redis-server', 'valkey-server']
const LOG_FILE = 'redis.log'
/** Where a server keeps its data, from Redis 7 on and before (redis.io, "Persistence"). */
const KEPT_DATA = ['appendonlydir', 'appendonly.aof']
/**
 * What brings the in-process store. In a clone our lock file lets npm install it on Node 20; elsewhere npm leaves
 * an optional package out whose engine does not fit, unless it is asked for by name (version as in package.json).
 */
const PACKAGE_COMMAND = import.meta.url.includes('/node_modules/') ? 'npm install js-redis-server@0.3.0' : 'npm ci'
/** A Unix socket's path has at most 103 (macOS) or 107 (Linux) bytes (unix(7)). */
const MAX_SOCKET_PATH = 100
const STOP_DEADLINE_MS = 10_000
const FIRST_RESTART_MS = 100
const MAX_RESTART_MS = 5_000
const POLL_MS = 20

/**
 * Starts the embedded store on a data folder and waits until it has read its data: a server from the
 * PATH, or where there is none the one in this process. Rejects with an {@link EmbeddedFailure}, and then
 * nothing of it is left running. A server that a killed broker left behind on the folder is ended first.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedStore> {
  const { log } = options
  const dataDir = resolve(options.dataDir)
  const binary = await findBinary(process.env['PATH'] ?? '')
  await makeFolder(dataDir)
  const lock = await takeLock(await socketPathOf(dataDir, 'hookline.lock'))
  if (lock === undefined) throw new EmbeddedFailure('in-use', `another running hookline uses the data folder ${dataDir}`)
  try {
    const socketPath = await socketPathOf(dataDir, 'redis.sock')
    await endOrphan(socketPath, log)
    if (binary === undefined) return await runInProcess(dataDir, socketPath, lock, log)
    return await superviseChild({ binary, dataDir, socketPath, lock, log })
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** What the embedded store of a data folder is now, or will be. */
export interface EmbeddedOutlook {
  /** Where one runs that answers. */
  readonly socketPath: string | undefined
  /** One that is started now would keep what it holds. */
  readonly keeps: boolean
  /** What installs a server that does. */
  readonly installCommand: string
}

/** Looks only: starts nothing, and leaves the data folder alone. */
export async function embeddedOutlook(dataDir: string): Promise<EmbeddedOutlook> {
  const socketPath = await socketPathOf(resolve(dataDir), 'redis.sock')
  const [runs, binary, command] = await Promise.all([accepts(socketPath), findBinary(process.env['PATH'] ?? ''), installCommand()])
  return { socketPath: runs ? socketPath : undefined, keeps: binary !== undefined, installCommand: command }
}

async function findBinary(path: string): Promise<string | undefined> {
  for (const name of BINARIES) {
    for (const folder of path.split(delimiter)) {
      const file = join(folder, name)
      if (folder !== '' && await canAccess(file, constants.X_OK)) return file
    }
  }
  return undefined
}

async function runInProcess(dataDir: string, socketPath: string, lock: LivingLock, log: Log): Promise<EmbeddedStore> {
  const command = await installCommand()
  for (const name of KEPT_DATA) {
    // an empty store in its place would look like lost messages
    if (!await canAccess(join(dataDir, name), constants.F_OK)) continue
    throw new EmbeddedFailure('left-data', `the data folder ${dataDir} holds what a redis-server kept, and none is on the PATH: ${command}`, command)
  }
  const server = await startInProcess(socketPath, log).catch((error: unknown) => {
    throw new EmbeddedFailure('failed', `the store in this process does not start (${codeOf(error)})`)
  })
  if (server === undefined) {
    const ways = `${command}, or for a store in memory: ${PACKAGE_COMMAND}`
    throw new EmbeddedFailure('no-server', `neither redis-server nor valkey-server is installed: ${ways}`, command)
  }
  log.warn({ command }, 'no redis-server is on the PATH: the embedded store runs in this process, and what it holds is gone when that ends')
  return {
    socketPath,
    keeps: false,
    pid: undefined,
    async stop() {
      await server.stop()
      await lock.release()
    },
  }
}

/** By what the system installs with; the first that is there. */
const INSTALLERS = [
  ['/usr/bin/apt-get', 'apt-get install redis-server'],
  ['/usr/bin/dnf', 'dnf install valkey'],
  ['/sbin/apk', 'apk add redis'],
  ['/usr/bin/pacman', 'pacman -S valkey'],
] as const

async function installCommand(): Promise<string> {
  if (process.platform === 'darwin') return 'brew install redis'
  for (const [file, command] of INSTALLERS) if (await canAccess(file, constants.X_OK)) return command
  return 'apt-get install redis-server'
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
  } catch (error) {
    throw new EmbeddedFailure('failed', `the data folder ${folder} cannot be written to (${codeOf(error)})`)
  }
}

/** In the data folder; where that path is too long for a socket, in a folder of the user's own in the runtime or temporary folder. */
async function socketPathOf(dataDir: string, name: string): Promise<string> {
  const inside = join(dataDir, name)
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH) return inside
  const folder = join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), `hookline-${process.getuid?.() ?? 0}`)
  await makeFolder(folder)
  const { uid, mode } = await lstat(folder)
  // in a temporary folder anybody may have made it, to listen in our place
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new EmbeddedFailure('failed', `the folder ${folder} is not this user's alone`)
  }
  return join(folder, `${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}-${name}`)
}

/** Ends the server that a killed broker left behind, in order, so that its data is complete. */
async function endOrphan(socketPath: string, log: Log): Promise<void> {
  if (!await accepts(socketPath)) return
  const client = controlClient(socketPath)
  try {
    const pid = Number(/^process_id:(\d+)/m.exec(await client.info('server'))?.[1])
    log.info({ pid }, 'a redis-server of an earlier run still has the data folder: it is ended')
    // its answer is that the connection ends; whether it did as told is seen below
    client.shutdown().catch(() => {})
    const deadline = Date.now() + STOP_DEADLINE_MS
    while (await accepts(socketPath) || await isRunning(pid)) {
      if (Date.now() > deadline) throw new EmbeddedFailure('failed', `the redis-server of an earlier run (process ${pid}) does not end`)
      await sleep(POLL_MS)
    }
  } catch (error) {
    if (error instanceof EmbeddedFailure) throw error
    throw new EmbeddedFailure('failed', `the redis-server of an earlier run does not answer on ${socketPath}`)
  } finally {
    client.disconnect()
  }
}

function controlClient(socketPath: string): Redis {
  const client = new Redis({
    path: socketPath, retryStrategy: null, maxRetriesPerRequest: 0, commandTimeout: STOP_DEADLINE_MS,
    enableReadyCheck: false, disableClientInfo: true, protocol: 2,
  })
  // each command reports its own failure
  client.on('error', () => {})
  return client
}

/** A process that has ended and that nobody has waited for yet does not run. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
  try {
    return !/^\d+ \(.*\) Z /s.test(await readFile(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    // no such file: it ended just now, or this system has none (then the signal's word counts)
    return process.platform !== 'linux'
  }
}

interface ChildOptions {
  readonly binary: string
  readonly dataDir: string
  readonly socketPath: string
  readonly lock: LivingLock
  readonly log: Log
}

/** Keeps a child running until `stop`. */
async function superviseChild(options: ChildOptions): Promise<EmbeddedStore> {
  const { dataDir, socketPath, lock, log } = options
  let child = await spawnServer(options)
  let stopped: Promise<void> | undefined
  const ended = new AbortController()

  const killChild = (): void => { child.kill('SIGTERM') }
  process.on('exit', killChild)

  try {
    await untilAnswers(child, socketPath, dataDir)
  } catch (error) {
    process.off('exit', killChild)
    await endChild(child)
    throw error
  }
  const supervision = supervise()

  /** Starts it again whenever it ends by itself, at growing pauses while it does not come up. */
  async function supervise(): Promise<void> {
    let pauseMs = FIRST_RESTART_MS
    let reported = false
    while (stopped === undefined) {
      await exitOf(child)
      if (isStopped()) return
      if (!reported) log.error({ exit: exitText(child), logFile: join(dataDir, LOG_FILE) }, 'the embedded redis-server ended: it is started again')
      reported = true
      await sleep(pauseMs, undefined, { signal: ended.signal }).catch(() => {})
      if (isStopped()) return
      pauseMs = Math.min(pauseMs * 2, MAX_RESTART_MS)
      try {
        child = await spawnServer(options)
        if (isStopped()) return
        await untilAnswers(child, socketPath, dataDir)
        log.info({ pid: child.pid }, 'the embedded redis-server is back')
        pauseMs = FIRST_RESTART_MS
        reported = false
      } catch (error) {
        if (isStopped()) return
        log.error({ err: error }, 'the embedded redis-server does not start')
      }
    }
  }

  function isStopped(): boolean {
    return stopped !== undefined
  }

  async function stop(): Promise<void> {
    ended.abort()
    await endChild(child)
    await supervision
    // one that was being started again meanwhile
    await endChild(child)
    process.off('exit', killChild)
    await lock.release()
  }

  return {
    socketPath,
    keeps: true,
    get pid() { return child.pid },
    stop: () => stopped ??= stop(),
  }
}

/** Its own process group: a Ctrl-C in the terminal is for the broker, which still needs it then. */
async function spawnServer({ binary, dataDir, socketPath }: ChildOptions): Promise<ChildProcess> {
  const logFile = await open(join(dataDir, LOG_FILE), 'a', 0o600)
  try {
    // a socket file that was left behind is in the way
    await unlink(socketPath).catch((error: unknown) => { if (codeOf(error) !== 'ENOENT') throw error })
    const child = spawn(binary, [
      '--port', '0', '--unixsocket', socketPath, '--unixsocketperm', '700',
      '--dir', dataDir, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '',
      '--daemonize', 'no', '--loglevel', 'notice',
    ], { detached: true, stdio: ['ignore', logFile.fd, logFile.fd] })
    // then it has no process id, which is what is looked at
    child.once('error', () => {})
    return child
  } finally {
    await logFile.close()
  }
}

/** Waits until the server has read its data, however long that takes; rejects if it ends before. */
async function untilAnswers(child: ChildProcess, socketPath: string, dataDir: string): Promise<void> {
  let client: Redis | undefined
  try {
    for (;;) {
      if (hasEnded(child)) throw new EmbeddedFailure('failed', `redis-server ended at once (${exitText(child)}): ${await lastLogLine(dataDir)}`)
      if (client === undefined && await accepts(socketPath)) client = controlClient(socketPath)
      // an error is LOADING, or the end of the child
      if (client !== undefined && await client.ping().then(() => true, () => false)) return
      await sleep(POLL_MS)
    }
  } finally {
    client?.disconnect()
  }
}

async function lastLogLine(dataDir: string): Promise<string> {
  const text = await readFile(join(dataDir, LOG_FILE), 'utf8').catch(() => '')
  return text.trimEnd().split('\n').at(-1) ?? ''
}

async function endChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const exited = exitOf(child)
  child.kill('SIGTERM')
  const timer = setTimeout(() => { child.kill('SIGKILL') }, STOP_DEADLINE_MS)
  await exited
  clearTimeout(timer)
}

async function exitOf(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit')
}

/** Or could not even be started. */
function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

function exitText(child: ChildProcess): string {
  return child.signalCode ?? `exit code ${child.exitCode ?? 'unknown'}`
}

async function canAccess(file: string, mode: number): Promise<boolean> {
  try {
    await access(file, mode)
    return true
  } catch {
    return false
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
