import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Certificate } from '../../src/broker/certificate.ts'
import type { Listener } from '../../src/language/settings.ts'
import { readCertificates } from '../../src/server/certificate-files.ts'
import { renewCertificates } from '../../src/server/certificate-renewal.ts'
import { certificateFile, certificateText } from '../certificates/files.ts'
import { silentLog } from './silent-log.ts'
import { tempFolder } from './temp-folder.ts'

/** Longer than a watched file takes to be noticed. Milliseconds. */
const QUIET_MS = 1_000

test('who asks is told at once, and what was taken over so is not taken over again', async () => {
  const { folder, renewed, renewal } = await shown()
  copyFileSync(certificateFile('renewed.pem'), join(folder, 'cert.pem'))
  copyFileSync(certificateFile('renewed-key.pem'), join(folder, 'key.pem'))
  await Promise.all([renewal.look(), renewal.look()])
  expect(renewed.map(({ cert }) => cert)).toEqual([certificateText('renewed.pem')])
  await sleep(QUIET_MS)
  expect(renewed).toHaveLength(1)
})

test('the same certificate, written again, is no renewal', async () => {
  const { folder, renewed, renewal } = await shown()
  copyFileSync(certificateFile('server.pem'), join(folder, 'cert.pem'))
  await renewal.look()
  expect(renewed).toEqual([])
})

test('what is in the files is in no line of the log', async () => {
  const { folder, renewal, lines } = await shown()
  writeFileSync(join(folder, 'key.pem'), certificateText('client-key.pem'))
  await renewal.look()
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('is not the key of its certfile')
  expect(lines[0]).not.toMatch(/BEGIN|PRIVATE/)
})

/** A listener that shows `server.pem`. */
async function shown() {
  const folder = tempFolder()
  copyFileSync(certificateFile('server.pem'), join(folder, 'cert.pem'))
  copyFileSync(certificateFile('server-key.pem'), join(folder, 'key.pem'))
  const at = { file: 'rules.conf', line: 1 }
  const listener: Listener = {
    kind: 'ssl', name: 'external', address: { host: '127.0.0.1', port: 0 }, path: undefined, maxConnections: 100, maxConnRate: 100, origins: undefined, at,
    tls: { certfile: { path: 'cert.pem', at }, keyfile: { path: 'key.pem', at }, cafile: undefined },
  }
  const renewed: Certificate[] = []
  const lines: string[] = []
  const line = (fields: object, message: string) => { lines.push(`${message} ${JSON.stringify(fields)}`) }
  const renewal = await renewCertificates(
    [{ listener, address: { host: '127.0.0.1', port: 1 }, renew: (certificate) => { renewed.push(certificate) } }],
    await readCertificates([listener], folder), { folder, log: { ...silentLog, info: line, warn: line, error: line } },
  )
  onTestFinished(() => renewal.close())
  return { folder, renewed, renewal, lines }
}
