import { resolve } from 'node:path'
import { readFile } from 'node:fs/promises'
import type { Listening } from '../broker/listeners.ts'
import type { Log } from '../engine/log-port.ts'
import type { Snapshot } from '../engine/reload-ports.ts'
import { CertificateError, readCertificates } from './certificates.ts'
import { watchFiles, type Watch } from './watch.ts'

/**
 * Takes over renewed certificates of listeners while they run (SPEC 4.4): connections that come
 * from then on see them, the others stay as they are. What cannot be used is logged, and the old
 * ones stay.
 */
export async function watchCertificates(options: {
  readonly listening: readonly Listening[]
  /** Relative files are beside the rules. */
  readonly folder: string
  readonly log: Log
  readonly times?: Parameters<typeof watchFiles>[0]['times']
}): Promise<Watch> {
  const { listening, folder, log } = options
  const secure = listening.flatMap((listener) => {
    const { kind, name, tls } = listener.listener
    return tls === undefined ? [] : [{ listener, setting: `listener.${kind}.${name}`, tls }]
  })
  const files = [...new Set(secure.flatMap(({ tls: { certfile, keyfile, cafile } }) => [certfile, keyfile, ...cafile === undefined ? [] : [cafile]]))]
    .map((file) => resolve(folder, file))
  let seen = await read(files)
  if (files.length === 0) return { close: async () => {} }
  return await watchFiles({
    files,
    log,
    times: options.times ?? {},
    seen: () => seen,
    read: () => read(files),
    async onChange() {
      seen = await read(files)
      for (const { listener, setting, tls } of secure) {
        try {
          listener.renew(await readCertificates(tls, folder))
          log.info({ listener: setting }, 'the certificate was read again')
        } catch (error) {
          if (!(error instanceof CertificateError)) throw error
          log.error({ listener: setting, file: error.file, reason: error.message }, 'a renewed certificate cannot be used: the one before stays')
        }
      }
    },
  })
}

async function read(files: readonly string[]): Promise<Snapshot> {
  const sources = []
  for (const name of files) {
    try {
      sources.push({ name, text: await readFile(name, 'latin1') })
    } catch (error) {
      return { readable: false, file: name, reason: String(error) }
    }
  }
  return { readable: true, sources }
}
