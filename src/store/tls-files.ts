import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createSecureContext, type ConnectionOptions } from 'node:tls'
import type { NamedFile, PoolTls } from '../plan/program.ts'

type FileSetting = 'cafile' | 'certfile' | 'keyfile'

/** Why a file that TLS needs is of no use. The message is a plain clause that names it and its line. */
export class TlsFileFailure extends Error {
  readonly setting: FileSetting
  readonly file: NamedFile
  /** Absolute. */
  readonly path: string
  /** What is wrong with it, as a clause. */
  readonly reason: string

  constructor(options: { readonly setting: FileSetting, readonly file: NamedFile, readonly path: string, readonly reason: string }) {
    const { setting, file, path, reason } = options
    super(`its ${setting} ${file.path} (${file.at.file}:${file.at.line}) ${reason}`)
    this.setting = setting
    this.file = file
    this.path = path
    this.reason = reason
  }
}

/**
 * What Node needs to speak TLS as the rules say, from the files as they are now. Rejects with a
 * {@link TlsFileFailure}. `folder`: that of the first rules file.
 */
export async function readTls(tls: PoolTls, folder: string): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([
    read('cafile', tls.cafile, folder), read('certfile', tls.certfile, folder), read('keyfile', tls.keyfile, folder),
  ])
  const options: ConnectionOptions = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
    rejectUnauthorized: tls.verify,
  }
  if (tls.keyfile !== undefined) {
    try {
      createSecureContext(options)
    } catch {
      // each is well by itself, so that it is the two together
      throw failure('keyfile', tls.keyfile, folder, 'is not the key of its certfile')
    }
  }
  return options
}

async function read(setting: FileSetting, file: NamedFile | undefined, folder: string): Promise<Buffer | undefined> {
  if (file === undefined) return undefined
  let content: Buffer
  try {
    content = await readFile(resolve(folder, file.path))
  } catch (error) {
    throw failure(setting, file, folder, `cannot be read: ${REASONS[codeOf(error)] ?? codeOf(error)}`)
  }
  const wrong = setting === 'keyfile' ? wrongKey(content) : wrongCertificate(content)
  if (wrong !== undefined) throw failure(setting, file, folder, wrong)
  return content
}

function failure(setting: FileSetting, file: NamedFile, folder: string, reason: string): TlsFileFailure {
  return new TlsFileFailure({ setting, file, path: resolve(folder, file.path), reason })
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is no folder',
}

/** OpenSSL takes a file of anything for an empty list of certificates, and then trusts nobody. */
function wrongCertificate(content: Buffer): string | undefined {
  try {
    void new X509Certificate(content)
    return undefined
  } catch {
    return 'holds no certificate in PEM'
  }
}

/** What Node says of it, by the version of OpenSSL: 3 calls the asking for one interrupted. */
const NEEDS_PASSPHRASE: ReadonlySet<string> = new Set(['ERR_MISSING_PASSPHRASE', 'ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED'])

function wrongKey(content: Buffer): string | undefined {
  try {
    createPrivateKey(content)
    return undefined
  } catch (error) {
    return NEEDS_PASSPHRASE.has(codeOf(error)) ? 'has a passphrase; write it without one' : 'holds no private key in PEM'
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
