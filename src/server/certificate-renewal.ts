import { X509Certificate } from 'node:crypto'
import type { Log } from '../engine/log-port.ts'
import { listenerKey, type Listener, type ListenerTls } from '../language/settings.ts'
import { certificatePaths, readCertificate, type CertificateTaken } from './certificate-files.ts'
import type { BoundListener } from './runtime-port.ts'
import { fingerprint, readSources } from './sources.ts'
import { watchFiles } from './watch.ts'

export interface CertificateRenewal {
  /** Takes over what is new now. */
  look(): Promise<void>
  close(): Promise<void>
}

interface RenewalOptions {
  readonly folder: string
  readonly log: Log
}

/**
 * Watches the certificates of TLS listeners and shows renewed ones from then on, without closing a
 * connection. One that is broken, or whose key is still that of the old one, is said in the log, and
 * the old one stays. `first`: what they were opened with.
 */
export async function renewCertificates(
  listeners: readonly BoundListener[], first: ReadonlyMap<Listener, CertificateTaken>, options: RenewalOptions,
): Promise<CertificateRenewal> {
  const renewals = await Promise.all(listeners.flatMap((bound) => {
    const [{ tls }, taken] = [bound.listener, first.get(bound.listener)]
    return tls === undefined || taken === undefined ? [] : [renewOne({ bound, tls, taken }, options)]
  }))
  return {
    async look() { await Promise.all(renewals.map(it => it.look())) },
    async close() { await Promise.all(renewals.map(it => it.close())) },
  }
}

async function renewOne(
  { bound, tls, taken }: { readonly bound: BoundListener, readonly tls: ListenerTls, readonly taken: CertificateTaken },
  { folder, log }: RenewalOptions,
): Promise<CertificateRenewal> {
  const files = certificatePaths(tls, folder)
  let seen = taken.snapshot
  let looking = Promise.resolve()

  const look = (): Promise<void> => {
    // one after the other: an older reading never takes the place of a newer one
    looking = looking.then(renew)
    return looking
  }
  const watch = await watchFiles({ files, read: () => readSources(files), seen: () => seen, onChange: look, log })
  return { look, close: () => watch.close() }

  async function renew(): Promise<void> {
    const read = await readCertificate(bound.listener, tls, folder)
    if (fingerprint(read.snapshot) === fingerprint(seen)) return
    seen = read.snapshot
    const listener = listenerKey(bound.listener)
    if (read.ok) {
      bound.renew(read.certificate)
      log.info({ listener, validTo: new X509Certificate(read.certificate.cert).validTo }, 'a renewed certificate was taken over')
      return
    }
    const { option, path, reason } = read.trouble
    log.error({ listener, [option]: path, reason }, 'a renewed certificate was not taken over; the one before stays')
  }
}
