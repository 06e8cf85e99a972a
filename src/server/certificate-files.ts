import { createPrivateKey, X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Certificate } from '../broker/certificate.ts'
import type { Snapshot } from '../engine/reload-ports.ts'
import type { Listener, ListenerTls } from '../language/settings.ts'
import type { NamedFile } from '../plan/program.ts'
import { readSources } from './sources.ts'
import { cannotShow } from './start-failure.ts'

/** A file of a TLS listener that is of no use. */
export interface CertificateTrouble {
  readonly listener: Listener
  readonly option: keyof ListenerTls
  readonly file: NamedFile
  /** Absolute. */
  readonly path: string
  /** What is wrong with it, to follow its name: `holds no certificate in PEM`. */
  readonly reason: string
}

export interface CertificateTaken {
  readonly ok: true
  readonly certificate: Certificate
  /** Its files, to see when they change. */
  readonly snapshot: Snapshot
}

export type CertificateRead = CertificateTaken
  | { readonly ok: false, readonly trouble: CertificateTrouble, readonly snapshot: Snapshot }

/** Reads what a TLS listener shows, as its files are now. `folder`: that of the first rules file. */
export async function readCertificate(listener: Listener, tls: ListenerTls, folder: string): Promise<CertificateRead> {
  const paths = certificatePaths(tls, folder)
  const snapshot = await readSources(paths)
  const bad = (option: keyof ListenerTls, reason: string): CertificateRead => {
    const file = tls[option] ?? tls.certfile
    return { ok: false, snapshot, trouble: { listener, option, file, path: resolve(folder, file.path), reason } }
  }
  if (!snapshot.readable) {
    const [option] = filesOf(tls)[paths.indexOf(snapshot.file)] ?? ['certfile']
    return bad(option, `cannot be read: ${snapshot.reason}`)
  }
  // by their names: one file may be two of them, and variables with settings are sources too
  const texts = new Map(snapshot.sources.map(({ name, text }) => [name, text]))
  const [cert = '', key = '', ca] = paths.map(path => texts.get(path))
  const wrong = wrongCertificate(cert) ?? wrongKey(key, cert) ?? (ca === undefined ? undefined : wrongAuthorities(ca))
  if (wrong !== undefined) return bad(wrong.option, wrong.reason)
  const certificate = { cert, key, ca }
  try {
    createSecureContext(certificate)
  } catch (error) {
    return bad('certfile', `is not accepted by OpenSSL: ${reasonOf(error)}`)
  }
  return { ok: true, certificate, snapshot }
}

/** What the listeners with TLS show; rejects with a StartFailure for the first that has nothing to show. */
export async function readCertificates(listeners: readonly Listener[], folder: string): Promise<ReadonlyMap<Listener, CertificateTaken>> {
  const certificates = new Map<Listener, CertificateTaken>()
  for (const listener of listeners) {
    if (listener.tls === undefined) continue
    const read = await readCertificate(listener, listener.tls, folder)
    if (!read.ok) throw cannotShow(read.trouble)
    certificates.set(listener, read)
  }
  return certificates
}

/** The files of a TLS listener, absolute, in the order in which they are read. */
export function certificatePaths(tls: ListenerTls, folder: string): readonly string[] {
  return filesOf(tls).map(([, { path }]) => resolve(folder, path))
}

function filesOf({ certfile, keyfile, cafile }: ListenerTls): readonly (readonly [keyof ListenerTls, NamedFile])[] {
  return [['certfile', certfile], ['keyfile', keyfile], ...cafile === undefined ? [] : [['cafile', cafile] as const]]
}

interface Wrong {
  readonly option: keyof ListenerTls
  readonly reason: string
}

function wrongCertificate(cert: string): Wrong | undefined {
  return isCertificate(cert) ? undefined : { option: 'certfile', reason: 'holds no certificate in PEM' }
}

/** First lines of a key with a passphrase: of PKCS #8 and of before. */
const LOCKED = /^(?:-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED)/m

function wrongKey(key: string, cert: string): Wrong | undefined {
  try {
    const mine = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
    return mine ? undefined : { option: 'keyfile', reason: 'is not the key of its certfile' }
  } catch {
    return { option: 'keyfile', reason: LOCKED.test(key) ? 'has a passphrase; write it without one' : 'holds no private key in PEM' }
  }
}

/** OpenSSL takes a file of anything for an empty list, and then trusts nobody. */
function wrongAuthorities(ca: string): Wrong | undefined {
  return isCertificate(ca) ? undefined : { option: 'cafile', reason: 'holds no certificate in PEM' }
}

function isCertificate(text: string): boolean {
  try {
    void new X509Certificate(text)
    return true
  } catch {
    return false
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
}
