import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MqttClient } from '../support/mqtt-client.ts'
import { PUBLISH, QUIET, RULES, type Situation } from './situation.ts'
import type { Running } from './run.ts'
import { portIn, type Stage } from './stage.ts'

const CERTIFICATES = fileURLToPath(new URL('../store/certificates/', import.meta.url))
const EMBEDDED = `${QUIET}backend.redis.pool1.server = embedded\n${PUBLISH('1')}`
const READY = '"msg":"ready"'

/** A PATH with nothing on it but Node; {@link withoutServers} makes it. */
const NO_SERVERS = { PATH: '{folder}/bin' }

function withoutServers({ folder }: Stage): void {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  symlinkSync(process.execPath, join(folder, 'bin/node'))
}

function onRedis(address: string, ...lines: readonly string[]): Readonly<Record<string, string>> {
  return { 'rules.conf': `${QUIET}backend.redis.pool1.server = ${address}\n${lines.map(line => `backend.redis.pool1.${line}\n`).join('')}${PUBLISH('1')}` }
}

const FILES = {
  'no.pem': 'nothing\n',
  'locked.key': generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
  }).privateKey,
}

function copyCertificates({ folder }: Stage): void {
  for (const name of ['authority.pem', 'client.pem', 'client.key', 'server.pem', 'server.key']) copyFileSync(join(CERTIFICATES, name), join(folder, name))
}

function tlsToRedis(name: string, ...lines: readonly string[]): Situation {
  return { name: `start-redis-${name}`, line: 'hookline start rules.conf', exit: 2, files: { ...FILES, ...onRedis('{redis}', 'ssl = on', ...lines) }, before: copyCertificates }
}

function tlsListener(name: string, ...lines: readonly string[]): Situation {
  const settings = lines.map(line => `listener.ssl.outside.${line}\n`).join('')
  return { name: `start-listener-${name}`, line: 'hookline start rules.conf', exit: 2, files: { ...FILES, 'rules.conf': `${QUIET}listener.ssl.outside = 127.0.0.1:0\n${settings}` }, before: copyCertificates }
}

async function ready({ command }: Stage): Promise<Running> {
  if (command === undefined) throw new Error('the command does not run')
  await command.said(READY)
  return command
}

/** Something is on its way to a Redis that says nothing, so it cannot stop in order. */
async function force(stage: Stage): Promise<void> {
  const command = await ready(stage)
  const client = await MqttClient.connect(portIn(command.stderr()), 'waits')
  stage.add(() => client.cut())
  stage.world.shaky.freeze()
  stage.add(() => { stage.world.shaky.thaw() })
  const published = client.publish('a/1', 'x').catch(() => {})
  // the answer comes when the message before it was taken
  await client.subscribe('a/2', 0)
  command.signal('SIGTERM')
  // one that comes at once is taken for an echo
  const insist = setInterval(() => { command.signal('SIGTERM') }, 100)
  await command.ended
  clearInterval(insist)
  await published
}

/** What `start` says, and how it ends. */
export const STARTS: readonly Situation[] = [
  { name: 'start', line: 'hookline start rules.conf', exit: 0, files: { 'rules.conf': RULES }, until: READY },
  { name: 'start-embedded', line: 'hookline start rules.conf', exit: 0, files: { 'rules.conf': EMBEDDED }, until: READY },
  { name: 'start-in-memory', line: 'hookline start rules.conf', exit: 0, files: { 'rules.conf': EMBEDDED }, env: NO_SERVERS, before: withoutServers, until: READY },
  { name: 'start-no-listener', line: 'hookline start rules.conf', exit: 0, files: { 'rules.conf': 'listener.tcp.external = off\nlistener.ws.external = off\n' }, until: READY },
  {
    name: 'start-many-pools', line: 'hookline start rules.conf', exit: 0, until: READY,
    files: { 'rules.conf': `${QUIET}${[1, 2, 3, 4].map(n => `backend.redis.pool${n}.server = {redis}\nbackend.redis.pool${n}.database = ${n}\n${PUBLISH(String(n), `pool${n}`)}`).join('')}` },
  },
  { name: 'start-with-warnings', line: 'hookline start rules.conf', exit: 0, files: { 'rules.conf': `${RULES}zone.external.idle_timeout = 15s\n` }, until: READY },
  { name: 'start-with-variables', line: 'hookline start rules.conf', exit: 0, files: { 'rules.conf': RULES }, env: { HOOKLINE_NODE__NAME: 'n1' }, until: READY },
  { name: 'start-quietly', line: 'hookline start --log-level warn rules.conf', exit: 0, files: { 'rules.conf': `${RULES}zone.external.idle_timeout = 15s\n` }, until: 'npx mqtt sub' },
  { name: 'start-errors', line: 'hookline start rules.conf', exit: 1, files: { 'rules.conf': `${RULES}node.nam = a\n` } },
  { name: 'start-no-such-file', line: 'hookline start rules.conf', exit: 2 },
  { name: 'start-empty-folder', line: 'hookline start rules', exit: 2, files: { 'rules/notes.txt': '' } },
  { name: 'start-no-folder', line: 'hookline start rules.conf/more.conf', exit: 2, files: { 'rules.conf': RULES } },
  { name: 'start-link-to-itself', line: 'hookline start rules.conf', exit: 2, before({ folder }) { symlinkSync('rules.conf', join(folder, 'rules.conf')) } },
  {
    name: 'start-no-control-socket', line: 'hookline start rules.conf', exit: 0, files: { 'rules.conf': RULES, 'run/hookline/note': '' }, until: READY,
    before({ folder }) { chmodSync(join(folder, 'run/hookline'), 0o777) },
  },

  { name: 'start-port-taken', line: 'hookline start rules.conf', exit: 2, files: { 'rules.conf': RULES.replace('127.0.0.1:0', '{taken}') } },
  { name: 'start-no-such-address', line: 'hookline start rules.conf', exit: 2, files: { 'rules.conf': RULES.replace('127.0.0.1:0', '203.0.113.1:1883') } },
  { ...tlsListener('no-certificate', 'certfile = none.pem', 'keyfile = server.key') },
  { ...tlsListener('certificate-is-a-folder', 'certfile = run', 'keyfile = server.key') },
  { ...tlsListener('certificate-in-no-folder', 'certfile = no.pem/x', 'keyfile = server.key') },
  { ...tlsListener('bad-certificate', 'certfile = no.pem', 'keyfile = server.key') },
  { ...tlsListener('bad-key', 'certfile = server.pem', 'keyfile = no.pem') },
  { ...tlsListener('key-of-another', 'certfile = server.pem', 'keyfile = client.key') },
  { ...tlsListener('bad-authority', 'certfile = server.pem', 'keyfile = server.key', 'cafile = no.pem') },

  { name: 'start-redis-not-there', line: 'hookline start rules.conf', exit: 2, files: onRedis('{nobody}') },
  { name: 'start-redis-wants-password', line: 'hookline start rules.conf', exit: 2, files: onRedis('{guarded}') },
  { name: 'start-redis-wrong-password', line: 'hookline start rules.conf', exit: 2, files: onRedis('{guarded}', 'password = wrong') },
  { name: 'start-redis-no-permission', line: 'hookline start rules.conf', exit: 2, files: onRedis('{guarded}', 'username = reader', 'password = right') },
  { name: 'start-redis-no-database', line: 'hookline start rules.conf', exit: 2, files: onRedis('{redis}', 'database = 99') },
  { name: 'start-redis-says-nothing', line: 'hookline start rules.conf', exit: 2, files: onRedis('{taken}') },
  { name: 'start-redis-no-tls', line: 'hookline start rules.conf', exit: 2, files: onRedis('{redis}', 'ssl = on') },
  { name: 'start-redis-no-cluster', line: 'hookline start rules.conf', exit: 2, files: onRedis('{redis}', 'type = cluster') },
  { name: 'start-redis-no-sentinel', line: 'hookline start rules.conf', exit: 2, files: onRedis('{redis}', 'sentinel = mymaster') },
  { name: 'start-redis-sentinel-not-there', line: 'hookline start rules.conf', exit: 2, files: onRedis('{nobody}', 'sentinel = mymaster') },
  {
    name: 'start-redis-away-and-back', line: 'hookline start rules.conf', exit: 0, files: onRedis('{shaky}'),
    async until(stage) {
      const command = await ready(stage)
      await stage.world.shaky.kill()
      await command.said('Redis is away')
      await stage.world.shaky.start()
      await command.said('Redis is back')
    },
  },
  tlsToRedis('no-authority', 'cafile = none.pem'),
  tlsToRedis('authority-is-a-folder', 'cafile = run'),
  tlsToRedis('authority-in-no-folder', 'cafile = no.pem/x'),
  tlsToRedis('bad-authority', 'cafile = no.pem'),
  tlsToRedis('bad-key', 'certfile = client.pem', 'keyfile = no.pem'),
  tlsToRedis('key-with-passphrase', 'certfile = client.pem', 'keyfile = locked.key'),
  tlsToRedis('key-of-another', 'certfile = client.pem', 'keyfile = server.key'),
  {
    name: 'start-stopped-early', line: 'hookline start rules.conf', exit: 0, files: onRedis('{taken}'), env: { HOOKLINE_NODE__NAME: 'n1' },
    until: 'the environment has settings',
  },

  { name: 'start-stopped-by-force', line: 'hookline start rules.conf', exit: 1, files: onRedis('{shaky}'), until: force },
  {
    ...tlsListener('renewed', 'certfile = server.pem', 'keyfile = server.key'), exit: 0,
    async until(stage) {
      const command = await ready(stage)
      stage.write('server.pem', 'nothing\n')
      await command.said('a renewed certificate was not taken over')
      for (const end of ['pem', 'key']) copyFileSync(join(CERTIFICATES, `client.${end}`), join(stage.folder, `server.${end}`))
      await command.said('a renewed certificate was taken over')
    },
  },

  {
    name: 'start-server-ends', line: 'hookline start rules.conf', exit: 0, files: { 'rules.conf': EMBEDDED }, leaveOut: /Redis is (?:away|back)/,
    async until(stage) {
      const command = await ready(stage)
      const { stdout } = await stage.other('redis', 'info', 'server')
      process.kill(Number(/process_id:(\d+)/.exec(stdout)?.[1]), 'SIGKILL')
      await command.said('the embedded redis-server is back')
    },
  },
  {
    name: 'start-server-left-behind', line: 'hookline start rules.conf', exit: 0, files: { 'rules.conf': EMBEDDED }, brokers: ['rules.conf'],
    async before({ broker }) {
      broker.signal('SIGKILL')
      await broker.ended
    },
    until: READY,
  },
  { name: 'start-data-in-use', line: 'hookline start rules.conf', exit: 2, files: { 'rules.conf': EMBEDDED }, brokers: ['rules.conf'] },
  { name: 'start-data-cannot-be-written', line: 'hookline start rules.conf', exit: 2, files: { 'rules.conf': `${EMBEDDED}node.data_dir = rules.conf\n` } },
  {
    name: 'start-data-left', line: 'hookline start rules.conf', exit: 2, files: { 'rules.conf': EMBEDDED, 'data/appendonlydir/x': '' },
    env: NO_SERVERS, before: withoutServers,
  },
  {
    name: 'start-server-ends-at-once', line: 'hookline start rules.conf', exit: 2, files: { 'rules.conf': EMBEDDED, 'bin/redis-server': '#!/bin/sh\necho it is broken\nexit 1\n' },
    env: NO_SERVERS, before(stage) { withoutServers(stage); chmodSync(join(stage.folder, 'bin/redis-server'), 0o755) },
  },
]
