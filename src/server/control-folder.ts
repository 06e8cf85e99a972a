import { lstat, mkdir, readdir, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** The control socket of a running broker, as it is found. */
export interface BrokerSocket {
  readonly path: string
  readonly pid: number
}

/** A Unix socket's path has at most 103 (macOS) or 107 (Linux) bytes (unix(7)). */
const MAX_SOCKET_PATH = 100
/** Longest name of a socket in it: two numbers and a boot id. */
const NAME_LENGTH = 40
const NAME = /^broker-(?<pid>\d+)-\w+\.sock$/

/** Where the running brokers of this user are found (SPEC 5.1): a folder that is this user's alone, with one socket each. */
export function controlFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR']
  // a relative one is to be ignored (XDG Base Directory Specification)
  const fits = runtime !== undefined && isAbsolute(runtime) && Buffer.byteLength(runtime) + '/hookline/'.length + NAME_LENGTH <= MAX_SOCKET_PATH
  return fits ? join(runtime, 'hookline') : join(tmpdir(), `hookline-${process.getuid?.() ?? 0}`)
}

/** The name of a broker's socket in the folder. `boot` is unique per broker process: two of different containers may share a pid. */
export function socketName(boot: string): string {
  return `broker-${process.pid}-${boot}.sock`
}

/** Makes the folder, if need be. Rejects with a plain clause if it cannot be used. */
export async function makeControlFolder(): Promise<string> {
  const folder = controlFolder()
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await checkOwn(folder)
  return folder
}

/** The sockets of brokers that live; those that killed ones have left are removed. Rejects with a plain clause if the folder is somebody else's. */
export async function brokerSockets(): Promise<readonly BrokerSocket[]> {
  const folder = controlFolder()
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (names.length > 0) await checkOwn(folder)
  const sockets = names.flatMap((name) => {
    const pid = NAME.exec(name)?.groups?.['pid']
    return pid === undefined ? [] : [{ path: join(folder, name), pid: Number(pid) }]
  })
  const alive = await Promise.all(sockets.map(({ path }) => isAlive(path)))
  return sockets.filter((_, i) => alive[i])
}

/** In a temporary folder anybody may have made it, to answer in a broker's place. */
async function checkOwn(folder: string): Promise<void> {
  const found = await lstat(folder)
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
    throw new Error(`${folder} is not a folder of this user alone`)
  }
}

/** A broker listens before its socket has its name, so one that refuses is dead for good. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return resolve(false)
      // anything else may be a broker with too much to do
      if (error.code !== 'ECONNREFUSED') return resolve(true)
      // another command may have removed it meanwhile
      unlink(path).catch(() => {}).finally(() => { resolve(false) })
    })
  })
}
