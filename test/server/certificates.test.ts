import { copyFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { connectAsync } from 'mqtt'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { certificateFile, certificateText } from '../certificates/files.ts'
import { hookline, type HooklineProcess } from './hookline-process.ts'
import { tempFolder } from './temp-folder.ts'

/** The certificates of TLS listeners, from the file to who connects. */

const LISTENERS = `listener.tcp.external = off
listener.ws.external = off
listener.ssl.external = 127.0.0.1:0
listener.ssl.external.certfile = certs/cert.pem
listener.ssl.external.keyfile = certs/key.pem
`

/** A rules file, and beside it, in `certs`, these copies of certificates. */
function folderWith(certs: Readonly<Record<string, string>>, rules = LISTENERS): { file: string, certs: string } {
  const folder = tempFolder()
  const file = join(folder, 'rules.conf')
  writeFileSync(file, rules)
  mkdirSync(join(folder, 'certs'))
  for (const [name, source] of Object.entries(certs)) copyFileSync(certificateFile(source), join(folder, 'certs', name))
  return { file, certs: join(folder, 'certs') }
}

const GOOD = { 'cert.pem': 'server.pem', 'key.pem': 'server-key.pem' }

describe('a start', () => {
  test.each<[string, Readonly<Record<string, string>>, string, string]>([
    ['without the certificate', { 'key.pem': 'server-key.pem' }, 'certfile', 'cert.pem cannot be read: no such file'],
    ['without the key', { 'cert.pem': 'server.pem' }, 'keyfile', 'key.pem cannot be read: no such file'],
    ['with a certificate that is none', { ...GOOD, 'cert.pem': 'make.sh' }, 'certfile', 'cert.pem holds no certificate in PEM'],
    ['with a key that is none', { ...GOOD, 'key.pem': 'make.sh' }, 'keyfile', 'key.pem holds no private key in PEM'],
    ['with the key of another one', { ...GOOD, 'key.pem': 'renewed-key.pem' }, 'keyfile', 'key.pem is not the key of its certfile'],
    ['with a key that has a passphrase', { ...GOOD, 'key.pem': 'locked-key.pem' }, 'keyfile', 'key.pem has a passphrase; write it without one'],
  ])('%s says which file and line it is, and what to do; exit 2', async (_, certs, option, problem) => {
    const { file, certs: folder } = folderWith(certs)
    const it = hookline(['start', file])
    expect(await it.exit).toBe(2)
    const name = option === 'certfile' ? 'cert.pem' : 'key.pem'
    expect(it.stderr()).toBe(`hookline: listener.ssl.external has no certificate to show: certs/${problem}
  listener.ssl.external.${option} = certs/${name} (${file}:${option === 'certfile' ? 4 : 5})
  which is ${join(folder, name)}: a relative path is below the folder of the first rules file
  correct the file or the line, or turn the listener off: listener.ssl.external = off
`)
    expect(it.stdout()).toBe('')
  })

  test('with a cafile that is none says so', async () => {
    const { file, certs } = folderWith({ ...GOOD, 'ca.pem': 'make.sh' }, `${LISTENERS}listener.ssl.external.cafile = certs/ca.pem\n`)
    const it = hookline(['start', file])
    expect(await it.exit).toBe(2)
    expect(it.stderr()).toContain(`certs/ca.pem holds no certificate in PEM\n  listener.ssl.external.cafile = certs/ca.pem (${file}:6)`)
    expect(it.stderr()).toContain(certs)
  })

  test('says every kind of listener with its URL, in the greeting and in the log', async () => {
    const { file } = folderWith(GOOD, `${LISTENERS.replace('tcp.external = off', 'tcp.external = 0').replace('ws.external = off', 'ws.external = 0')}
listener.wss.pages = 127.0.0.1:0
listener.wss.pages.path = /live
listener.wss.pages.certfile = certs/cert.pem
listener.wss.pages.keyfile = certs/key.pem
`)
    const it = hookline(['start', file])
    const urls = (await listenersOf(it)).map(({ url }) => url)
    expect(urls.map((url) => url.replace(/\d+(?=\/|$)/, 'PORT'))).toEqual([
      'mqtt://127.0.0.1:PORT', 'mqtts://127.0.0.1:PORT', 'ws://127.0.0.1:PORT/mqtt', 'wss://127.0.0.1:PORT/live',
    ])
    await vi.waitFor(() => { expect(it.stdout()).toContain(`  MQTT   ${urls.join(', ')}\n`) })
  })
})

test('one file with a certificate and its key is both', async () => {
  const { file, certs } = folderWith(GOOD, LISTENERS.replace('key.pem', 'cert.pem'))
  writeFileSync(join(certs, 'cert.pem'), certificateText('server-key.pem') + certificateText('server.pem'))
  const it = hookline(['start', file])
  expect(await shown(await portOf(it))).toBe('hookline test server')
})

test('a certificate that vouches for clients too is asked of them', async () => {
  const { file } = folderWith(GOOD, `${LISTENERS}listener.ssl.external.cafile = certs/cert.pem\n`)
  const it = hookline(['start', file])
  const socket = connectTls({ host: '127.0.0.1', port: await portOf(it), ca: certificateText('ca.pem') })
  const [error] = await once(socket.resume(), 'error') as [Error] // what TLS fails with
  expect(error.message).toContain('certificate required')
})

test('variables with settings are no part of a certificate: no cafile is asked for one', async () => {
  const { file } = folderWith(GOOD)
  const it = hookline(['start', file], { HOOKLINE_MQTT__MAX_PACKET_SIZE: '2MB' })
  expect(await listenersOf(it)).toMatchObject([{ kind: 'ssl' }])
})

describe('a renewed certificate', () => {
  test('is shown without a restart, and who is connected stays', async () => {
    const { file, certs } = folderWith(GOOD)
    const it = hookline(['start', file])
    const port = await portOf(it)
    const client = await connectAsync({ protocol: 'mqtts', host: '127.0.0.1', port, ca: certificateText('ca.pem'), reconnectPeriod: 0 })
    onTestFinished(() => client.endAsync(true))
    expect(await shown(port)).toBe('hookline test server')

    replace(certs, 'renewed')
    const [line] = await it.lines('a renewed certificate was taken over', 1)
    expect(line).toMatchObject({ level: 'info', listener: 'listener.ssl.external', validTo: expect.stringContaining('2126') })
    expect(await shown(port)).toBe('hookline test renewed')
    await client.publishAsync('a', 'still here', { qos: 1 })
    expect(client.connected).toBe(true)
  })

  test('that is broken is said once, and the old one stays until it is mended', async () => {
    const { file, certs } = folderWith(GOOD)
    const it = hookline(['start', file])
    const port = await portOf(it)
    writeFileSync(join(certs, 'cert.pem'), 'nonsense')
    const [line] = await it.lines('a renewed certificate was not taken over', 1)
    expect(line).toMatchObject({
      level: 'error', msg: 'a renewed certificate was not taken over; the one before stays', listener: 'listener.ssl.external',
      certfile: join(certs, 'cert.pem'), reason: 'holds no certificate in PEM',
    })
    expect(await shown(port)).toBe('hookline test server')

    copyFileSync(certificateFile('renewed.pem'), join(certs, 'cert.pem'))
    await it.lines('a renewed certificate was not taken over', 2)
    expect(await shown(port)).toBe('hookline test server')
    copyFileSync(certificateFile('renewed-key.pem'), join(certs, 'key.pem'))
    await it.lines('a renewed certificate was taken over', 1)
    expect(await shown(port)).toBe('hookline test renewed')
    expect(await it.lines('reload', 0)).toEqual([])
    expect(it.stderr()).not.toContain('BEGIN')
  })

  test('that is gone is said, and the old one stays', async () => {
    const { file, certs } = folderWith(GOOD)
    const it = hookline(['start', file])
    const port = await portOf(it)
    renameSync(join(certs, 'key.pem'), join(certs, 'elsewhere.pem'))
    expect(await it.lines('a renewed certificate was not taken over', 1)).toMatchObject([{ reason: 'cannot be read: no such file' }])
    expect(await shown(port)).toBe('hookline test server')
  })

  test('comes by a link that is pointed elsewhere, as Kubernetes does it', async () => {
    const { file, certs } = folderWith({})
    for (const name of ['server', 'renewed']) {
      mkdirSync(join(certs, `..${name}`))
      copyFileSync(certificateFile(`${name}.pem`), join(certs, `..${name}`, 'cert.pem'))
      copyFileSync(certificateFile(`${name}-key.pem`), join(certs, `..${name}`, 'key.pem'))
    }
    symlinkSync('..server', join(certs, '..data'))
    for (const name of ['cert.pem', 'key.pem']) symlinkSync(join('..data', name), join(certs, name))
    const it = hookline(['start', file])
    const port = await portOf(it)
    symlinkSync('..renewed', join(certs, '..tmp'))
    renameSync(join(certs, '..tmp'), join(certs, '..data'))
    await it.lines('a renewed certificate was taken over', 1)
    expect(await shown(port)).toBe('hookline test renewed')
  })

  test('another file in its place needs a restart, and the reload says so', async () => {
    const { file } = folderWith({ ...GOOD, 'new.pem': 'renewed.pem' })
    const it = hookline(['start', file])
    await portOf(it)
    writeFileSync(file, LISTENERS.replace('certs/cert.pem', 'certs/new.pem'))
    expect(await it.lines('reload applied', 1)).toMatchObject([{ restart: ['listener.ssl.external'] }])
  })
})

/** Both files, one after the other. */
function replace(certs: string, name: string): void {
  copyFileSync(certificateFile(`${name}.pem`), join(certs, 'cert.pem'))
  copyFileSync(certificateFile(`${name}-key.pem`), join(certs, 'key.pem'))
}

async function portOf(it: HooklineProcess): Promise<number> {
  const [listener] = await listenersOf(it)
  return listener?.port ?? 0
}

async function listenersOf(it: HooklineProcess): Promise<readonly { readonly port: number, readonly url: string }[]> {
  const [ready] = await it.lines('ready', 1)
  return (ready?.['listeners'] ?? []) as { readonly port: number, readonly url: string }[] // what `ready` says
}

/** The name in the certificate that a new connection is shown. */
async function shown(port: number): Promise<string> {
  const socket: TLSSocket = connectTls({ host: '127.0.0.1', port, ca: certificateText('ca.pem') })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return String(CN)
}
