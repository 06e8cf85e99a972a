import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Certificates } from '../broker/listeners.ts'
import type { TlsFiles } from '../language/settings.ts'

/** A certificate that cannot be used: which setting, and a plain clause. */
export class CertificateError extends Error {
  readonly setting: keyof TlsFiles
  readonly file: string

  constructor(setting: keyof TlsFiles, file: string, message: string) {
    super(message)
    this.setting = setting
    this.file = file
  }
}

/** Reads what a TLS listener needs; relative files are beside the rules. Fails with a {@link CertificateError}. */
export async function readCertificates(files: TlsFiles, folder: string): Promise<Certificates> {
  const read = async (setting: keyof TlsFiles, file: string): Promise<Buffer> => {
    try {
      return await readFile(resolve(folder, file))
    } catch (error) {
      throw new CertificateError(setting, file, REASONS[codeOf(error)] ?? String(error))
    }
  }
  const cert = await read('certfile', files.certfile)
  const key = await read('keyfile', files.keyfile)
  const ca = files.cafile === undefined ? undefined : await read('cafile', files.cafile)
  try {
    createSecureContext({ cert })
  } catch {
    throw new CertificateError('certfile', files.certfile, 'it is no certificate in PEM form')
  }
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    const mismatch = codeOf(error) === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
    throw new CertificateError('keyfile', files.keyfile, mismatch ? 'it is not the key of the certificate' : 'it is no private key in PEM form without a passphrase')
  }
  try {
    createSecureContext({ ca })
  } catch {
    throw new CertificateError('cafile', files.cafile ?? '', 'it holds no certificate in PEM form')
  }
  return { cert, key, ca }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is no folder',
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
