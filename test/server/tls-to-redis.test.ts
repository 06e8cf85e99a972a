import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { freePort, startRedis } from '../store/redis-server.ts'
import { hookline } from './hookline-process.ts'
import { tempFolder } from './temp-folder.ts'

const CERTIFICATES = fileURLToPath(new URL('../store/certificates/', import.meta.url))
const LISTENER = 'listener.tcp.external = 127.0.0.1:0\n'
const RULE = 'backend.redis.hook.message.publish.1 = '
  + '{"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}\n'

function pool(...lines: readonly string[]): string {
  return lines.map((line) => `backend.redis.pool1.${line}\n`).join('')
}

test('a certificate that is not there is said with its setting, its line and its path, exit 2, and no Redis is asked', async () => {
  const folder = tempFolder()
  const file = join(folder, 'rules.conf')
  mkdirSync(join(folder, 'certs'))
  writeFileSync(file, LISTENER + RULE + pool(`server = 127.0.0.1:${await freePort()}`, 'ssl = on', 'cafile = certs/ca.pem'))
  const it = hookline(['start', file])
  expect(await it.exit).toBe(2)
  expect(it.stderr().replaceAll(folder, '')).toBe([
    'hookline: the cafile of pool1 cannot be read: no such file',
    '  backend.redis.pool1.cafile = certs/ca.pem (/rules.conf:5)',
    '  correct the line, or the file /certs/ca.pem\n',
  ].join('\n'))
})

test('a pool is moved to TLS by a reload; one with a file of no use is rejected, and the old one serves on', async () => {
  const port = await freePort()
  const redis = await startRedis(
    '--tls-port', String(port), '--tls-auth-clients', 'no', '--tls-cert-file', join(CERTIFICATES, 'server.pem'),
    '--tls-key-file', join(CERTIFICATES, 'server.key'), '--tls-ca-cert-file', join(CERTIFICATES, 'authority.pem'),
  )
  onTestFinished(() => redis.stop())
  const file = join(tempFolder(), 'rules.conf')
  writeFileSync(file, LISTENER + RULE + pool(`server = 127.0.0.1:${redis.port}`))
  const it = hookline(['start', file])
  await it.lines('ready', 1)

  writeFileSync(file, LISTENER + RULE + pool(`server = 127.0.0.1:${port}`, 'ssl = on', `cafile = ${CERTIFICATES}server.key`))
  const [rejected] = await it.lines('reload rejected', 1)
  expect(rejected?.['reason']).toBe(
    `the Redis of pool1 (${file}:3) is not there: its cafile ${CERTIFICATES}server.key (${file}:5) holds no certificate in PEM`)

  writeFileSync(file, LISTENER + RULE + pool(`server = 127.0.0.1:${port}`, 'ssl = on'))
  await it.lines('reload rejected', 2)
  expect((await it.lines('reload rejected', 2))[1]?.['reason']).toMatch(/is not there: nobody that is trusted has signed its certificate; name who has as `cafile`/)

  writeFileSync(file, LISTENER + RULE + pool(`server = 127.0.0.1:${port}`, 'ssl = on', `cafile = ${CERTIFICATES}authority.pem`))
  expect((await it.lines('reload applied', 1))[0]).toMatchObject({ pools: { changed: ['pool1'] } })

  // where the lines stand makes no other pool of it
  writeFileSync(file, `# moved\n${LISTENER}${RULE}${pool(`server = 127.0.0.1:${port}`, 'ssl = on', `cafile = ${CERTIFICATES}authority.pem`)}`)
  await it.lines('reload unchanged', 1)
})
