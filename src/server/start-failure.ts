import type { Source } from '../compile.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { PoolAbsent } from '../engine/used-pools.ts'
import { listenerKey } from '../language/settings.ts'
import type { Address, Place } from '../plan/program.ts'
import { EmbeddedFailure } from '../store/embedded.ts'
import { TlsFileFailure } from '../store/tls-files.ts'
import type { CertificateTrouble } from './certificate-files.ts'
import type { ListenError } from './runtime-port.ts'

/**
 * Why hookline did not start, for its user: nothing of it runs any more. Lines of text, the first
 * says what is wrong, the last what to do.
 */
export class StartFailure extends Error {
  /** 1: the files have errors; 2: the work could not be done (SPEC 5.1). */
  readonly exitCode: 1 | 2
  /** With exit code 1: what is wrong in the files. */
  readonly findings: { readonly diagnostics: readonly Diagnostic[], readonly sources: readonly Source[] } | undefined

  constructor(lines: readonly string[], findings?: StartFailure['findings']) {
    super(lines.join('\n  '))
    this.exitCode = findings === undefined ? 2 : 1
    this.findings = findings
  }
}

export function unreadable(file: string, reason: string): StartFailure {
  return new StartFailure([`cannot read the rules file ${file}: ${reason}`])
}

export function poolNotThere({ spec, error, clause }: PoolAbsent, seconds: number): StartFailure {
  const { name, server, at } = spec
  if (error instanceof TlsFileFailure) return uselessFile(name, error)
  const address = server === 'embedded' ? 'embedded' : server.map(addressText).join(', ')
  const advice = REFUSALS.find(([words]) => words.test(clause))?.[1]
  if (advice !== undefined) {
    return new StartFailure([
      `the Redis of ${name} refuses us: ${clause}`,
      `backend.redis.${name}.server = ${address} (${placeText(at)})`,
      advice(name),
    ])
  }
  return new StartFailure([
    `the Redis of ${name} is not there: ${clause}`,
    `backend.redis.${name}.server = ${address} (${placeText(at)})`,
    ...(error instanceof EmbeddedFailure ? [EMBEDDED_ADVICE[error.reason]] : [
      `a pool that rules use has ${seconds} s to answer at the start`,
      'start a Redis there or correct the line; with `embedded` in place of the address hookline runs one of its own',
    ]),
  ])
}

/** What a Redis that is there says to who may not in, and what to do about it. */
const REFUSALS: readonly (readonly [words: RegExp, advice: (pool: string) => string])[] = [
  [/^NOAUTH/, (pool) => `it asks for a password: backend.redis.${pool}.password = \${file:/run/secrets/redis}`],
  [/^WRONGPASS|invalid password|^ERR AUTH/i, (pool) => `correct backend.redis.${pool}.password, and .username if it has users`],
  [/^NOPERM/, (pool) => `give the user of backend.redis.${pool}.username the commands and keys that the rules need`],
  [/DB index/, (pool) => `it has no such database: correct backend.redis.${pool}.database`],
]

function uselessFile(pool: string, { setting, file, path, reason }: TlsFileFailure): StartFailure {
  return new StartFailure([
    `the ${setting} of ${pool} ${reason}`,
    `backend.redis.${pool}.${setting} = ${file.path} (${placeText(file.at)})`,
    `correct the line, or the file ${path}`,
  ])
}

const EMBEDDED_ADVICE: Readonly<Record<EmbeddedFailure['reason'], string>> = {
  'no-server': 'install it, or name a Redis that runs in place of `embedded`',
  'left-data': 'install it, so that nothing of it is lost, or start anew in another folder: node.data_dir = another-folder',
  'in-use': 'end that one, or give this one a folder of its own: node.data_dir = another-folder',
  'failed': 'mend that, or name another folder: node.data_dir = another-folder',
}

/** Why nothing can listen there, what to do about it, and an address that may do. */
interface ListenAdvice {
  readonly reason: string
  readonly advice: string
  readonly other: (address: Address) => Address
}

const LISTEN_ADVICE: Readonly<Record<string, ListenAdvice>> = {
  EADDRINUSE: { reason: 'something else listens there already', advice: 'end what is there, or choose another address', other: nextPort },
  EACCES: { reason: 'this user may not listen there; ports below 1024 are mostly reserved', advice: 'choose another port', other: unreserved },
  EADDRNOTAVAIL: { reason: 'this machine has no such address', advice: 'choose one that it has', other: loopback },
  ENOTFOUND: { reason: 'no such host is known', advice: 'choose one that is', other: loopback },
}

function nextPort({ host, port }: Address): Address {
  return { host, port: port < 65_535 ? port + 1 : 1884 }
}

function unreserved({ host, port }: Address): Address {
  return { host, port: port < 1_024 ? port + 1_000 : 1883 }
}

function loopback({ port }: Address): Address {
  return { host: '127.0.0.1', port }
}

export function cannotListen(error: ListenError, file: string): StartFailure {
  const { address, at } = error.listener
  const setting = listenerKey(error.listener)
  const where = address === undefined ? 'off' : addressText(address)
  const { reason, advice, other } = LISTEN_ADVICE[error.code ?? ''] ?? { reason: error.message, advice: 'choose another address', other: nextPort }
  const example = address === undefined ? '1884' : addressText(other(address))
  return new StartFailure([
    `cannot listen on ${where}: ${reason}`,
    `${setting} = ${where} (${at === undefined ? 'the default, no line sets it' : placeText(at)})`,
    `${advice}, in ${at?.file ?? file} such as: ${setting} = ${example}`,
    ...(at === undefined ? [`who does not need it turns it off: ${setting} = off`] : []),
  ])
}

export function cannotShow({ listener, option, file, path, reason }: CertificateTrouble): StartFailure {
  return new StartFailure([
    `${listenerKey(listener)} has no certificate to show: ${file.path} ${reason}`,
    `${listenerKey(listener)}.${option} = ${file.path} (${placeText(file.at)})`,
    ...(path === file.path ? [] : [`which is ${path}: a relative path is below the folder of the first rules file`]),
    `correct the file or the line, or turn the listener off: ${listenerKey(listener)} = off`,
  ])
}

/** `host:port`, with brackets around IPv6. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function placeText({ file, line }: Place): string {
  return `${file}:${line}`
}
