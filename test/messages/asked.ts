import { chmodSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { PUBLISH, QUIET, RULES, type Situation } from './situation.ts'
import type { Stage } from './stage.ts'
import { ENDS, standIn } from './stand-in.ts'

const FILES = { 'rules.conf': RULES }
const ONE = { files: FILES, brokers: ['rules.conf'] } as const
const TWO = { files: { 'rules.conf': RULES, 'other.conf': `${RULES}node.name = n2\n` }, brokers: ['rules.conf', 'other.conf'] } as const
const TWO_POOLS = `${RULES}backend.redis.pool2.server = {redis}\nbackend.redis.pool2.database = 2\n${PUBLISH('2', 'pool2')}`

/** The file as it is saved, and the watcher's word of it. */
async function saved(stage: Stage, text: string, result: string): Promise<void> {
  stage.write('rules.conf', text)
  await stage.broker.said(`"msg":"reload ${result}"`)
}

/** The rules file is another since. */
function rewritten(text: string): (stage: Stage) => void {
  return (stage) => { stage.write('rules.conf', text) }
}

/** Of `reload`, `status`, `redis` and `adopt`: each says the same of a broker that cannot be asked. */
const NOBODY: readonly Situation[] = ['reload', 'status', 'plan rules.conf', 'redis ping'].map(command => (
  { name: `${command.split(' ')[0]}-no-broker`, line: `hookline ${command}`, exit: 2 }
))

/** What the commands say that ask a running broker. */
export const ASKED: readonly Situation[] = [
  ...NOBODY,
  { name: 'status-which-broker', line: 'hookline status', exit: 2, ...TWO },
  { name: 'reload-which-broker', line: 'hookline reload', exit: 2, ...TWO },
  { name: 'redis-which-broker', line: 'hookline redis ping', exit: 2, ...TWO },
  { name: 'status-of-one-of-two', line: 'hookline status --broker n2', exit: 0, ...TWO },
  { name: 'status-no-such-broker', line: 'hookline status --broker n3', exit: 2, ...ONE },
  { name: 'status-folder-of-others', line: 'hookline status', exit: 2, files: { 'run/hookline/broker-1-x.sock': '' }, before({ folder }) { chmodSync(join(folder, 'run/hookline'), 0o777) } },
  { name: 'status-silent-broker', line: 'hookline status', exit: 2, ...ONE, before({ broker }) { broker.signal('SIGSTOP') } },
  { name: 'status-of-no-sense', line: 'hookline status', exit: 2, before: standIn((_, response) => { response.end('nothing') }) },
  { name: 'status-other-version', line: 'hookline status', exit: 0, before: standIn(ENDS) },
  { name: 'reload-broker-ends', line: 'hookline reload', exit: 2, before: standIn(ENDS) },
  { name: 'plan-broker-ends', line: 'hookline plan rules.conf', exit: 2, before: standIn(ENDS) },
  { name: 'status-events-broker-ends', line: 'hookline status --events', exit: 2, before: standIn(ENDS) },
  { name: 'redis-broker-ends', line: 'hookline redis ping', exit: 2, before: standIn(ENDS) },

  { name: 'reload-unchanged', line: 'hookline reload', exit: 0, ...ONE },
  { name: 'reload-applied', line: 'hookline reload', exit: 0, ...ONE, before: rewritten(TWO_POOLS.replace('a/#', 'b/#')) },
  { name: 'reload-removed', line: 'hookline reload', exit: 0, files: { 'rules.conf': TWO_POOLS }, brokers: ['rules.conf'], before: rewritten(RULES) },
  { name: 'reload-needs-restart', line: 'hookline reload', exit: 0, ...ONE, before: rewritten(`${RULES}node.name = n2\n`) },
  { name: 'reload-as-json', line: 'hookline reload --json', exit: 0, ...ONE },
  { name: 'reload-errors', line: 'hookline reload', exit: 1, ...ONE, before: rewritten(`${RULES}node.nam = a\n`) },
  { name: 'reload-errors-elsewhere', line: 'hookline reload', exit: 1, cwd: 'run', ...ONE, before: rewritten(`${RULES}node.nam = a\n`) },
  { name: 'reload-errors-as-json', line: 'hookline reload --json', exit: 1, ...ONE, before: rewritten(`${RULES}node.nam = a\n`) },
  { name: 'reload-no-such-file', line: 'hookline reload', exit: 1, ...ONE, before({ folder }) { unlinkSync(join(folder, 'rules.conf')) } },
  { name: 'reload-redis-not-there', line: 'hookline reload', exit: 1, ...ONE, before: rewritten(RULES.replace('{redis}', '{nobody}')) },
  { name: 'reload-plan-unchanged', line: 'hookline reload --plan', exit: 0, ...ONE },
  { name: 'reload-plan-errors', line: 'hookline reload --plan', exit: 1, ...ONE, before: rewritten(`${RULES}node.nam = a\n`) },
  { name: 'reload-plan-nobody-to-ask', line: 'hookline reload --plan', exit: 2, ...ONE, before: rewritten(RULES.replace('a/#', 'b/#')) },
  { name: 'reload-plan-yes', line: 'hookline reload --plan --yes', exit: 0, ...ONE, before: rewritten(RULES.replace('a/#', 'b/#')) },

  { name: 'status', line: 'hookline status', exit: 0, ...ONE },
  { name: 'status-as-json', line: 'hookline status --json', exit: 0, ...ONE },
  { name: 'status-events', line: 'hookline status --events', exit: 0, ...ONE, before: somethingHappens },
  { name: 'status-no-rules', line: 'hookline status', exit: 0, files: { 'rules.conf': 'listener.tcp.external = off\nlistener.ws.external = off\n' }, brokers: ['rules.conf'] },
  { name: 'status-after-a-save', line: 'hookline status', exit: 0, ...ONE, watched: true, async before(stage) { await saved(stage, RULES.replace('a/#', 'b/#'), 'applied') } },
  { name: 'status-after-an-empty-save', line: 'hookline status', exit: 0, ...ONE, watched: true, async before(stage) { await saved(stage, '', 'rejected') } },
  {
    name: 'status-after-mistakes', line: 'hookline status', exit: 0, ...ONE, watched: true,
    async before(stage) { await saved(stage, `${RULES}node.nam = a\nnode.nme = a\nnod.name = a\nnode.name =\nzone.external.idle_timeout = 15s\n`, 'rejected') },
  },
  { name: 'status-after-a-restart-is-needed', line: 'hookline status', exit: 0, ...ONE, watched: true, async before(stage) { await saved(stage, `node.name = another\n${RULES}`, 'applied') } },
  {
    name: 'status-after-a-signal', line: 'hookline status', exit: 0, ...ONE,
    async before({ broker }) { broker.signal('SIGHUP'); await broker.said('"msg":"reload unchanged"') },
  },
  {
    name: 'status-after-a-command', line: 'hookline status', exit: 0, ...ONE,
    async before(stage) { await stage.other('reload') },
  },
  {
    name: 'status-of-work', line: 'hookline status', exit: 0, brokers: ['rules.conf'],
    files: { 'rules.conf': `${RULES}${PUBLISH('2', 'pool1', 'b/#')}backend.redis.hook.message.publish.3 = {"topic": "bad/#", "action": {"commands": ["INCR text"]}, "pool": "pool1"}\n` },
    async before(stage) {
      await stage.world.redis.client.set('text', 'no number')
      const client = await MqttClient.connect(stage.port, 'works')
      stage.add(() => client.disconnect())
      await client.publish('a/1', 'x')
      await client.publish('bad/1', 'x')
      await stage.broker.said('a rule failed')
      // nobody may publish there
      const bold = await MqttClient.connect(stage.port, 'bold')
      await bold.publish('$SYS/a', 'x').catch(() => {})
      await stage.broker.said('a client was closed')
    },
  },
  {
    name: 'status-redis-away', line: 'hookline status', exit: 0, files: { 'rules.conf': RULES.replace('{redis}', '{shaky}') }, brokers: ['rules.conf'],
    before: endShaky,
  },

  { name: 'redis', line: 'hookline redis set a 1', exit: 0, ...ONE },
  { name: 'redis-empty', line: 'hookline redis --no-raw keys *', exit: 0, ...ONE },
  { name: 'redis-refused', line: 'hookline redis incr', exit: 1, ...ONE },
  { name: 'redis-no-pool', line: 'hookline redis ping', exit: 2, files: { 'rules.conf': QUIET }, brokers: ['rules.conf'] },
  { name: 'redis-which-pool', line: 'hookline redis ping', exit: 2, files: { 'rules.conf': TWO_POOLS }, brokers: ['rules.conf'] },
  { name: 'redis-no-such-pool', line: 'hookline redis --pool pool9 ping', exit: 2, ...ONE },
  { name: 'redis-not-sent', line: 'hookline redis subscribe a', exit: 2, ...ONE },
  { name: 'redis-not-there', line: 'hookline redis ping', exit: 2, files: { 'rules.conf': RULES.replace('{redis}', '{shaky}') }, brokers: ['rules.conf'], before: endShaky },
  {
    name: 'redis-too-long', line: 'hookline redis get long', exit: 2, ...ONE,
    async before({ world }) { await world.redis.client.setrange('long', 17 * 1024 * 1024, 'x') },
  },

  { name: 'acl-of-the-broker', line: 'hookline acl --nopass --user default pool1', exit: 0, ...ONE },
  { name: 'adopt', line: 'hookline adopt -f rules.conf pool1', exit: 0, files: FILES },
  { name: 'adopt-of-the-broker', line: 'hookline adopt pool1', exit: 0, ...ONE, before: emqxTopic },
  { name: 'adopt-only-counted', line: 'hookline adopt --dry-run -f rules.conf pool1', exit: 0, files: FILES, before: emqxTopic },
  {
    name: 'adopt-stopped', line: 'hookline adopt --rate 1 -f rules.conf pool1', exit: 1, files: FILES,
    async before({ world }) { await world.redis.client.mset(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key${i}`, '1']))) },
    until: ({ world }) => eventually('it looks', async () => await world.redis.client.exists('mqtt:adopting') === 1),
  },
  { name: 'adopt-errors', line: 'hookline adopt -f rules.conf pool1', exit: 1, files: { 'rules.conf': `${RULES}node.nam = a\n` } },
  { name: 'adopt-no-such-file', line: 'hookline adopt -f rules.conf pool1', exit: 2 },
  { name: 'adopt-no-broker', line: 'hookline adopt pool1', exit: 2 },
  { name: 'adopt-no-such-pool', line: 'hookline adopt -f rules.conf pool9', exit: 2, files: FILES },
  { name: 'adopt-embedded', line: 'hookline adopt -f rules.conf pool1', exit: 2, files: { 'rules.conf': RULES.replace('{redis}', 'embedded') } },
  { name: 'adopt-redis-not-there', line: 'hookline adopt -f rules.conf pool1', exit: 2, files: { 'rules.conf': RULES.replace('{redis}', '{nobody}') } },
]

/** One message, of a client that stays. */
async function somethingHappens(stage: Stage): Promise<void> {
  const client = await MqttClient.connect(stage.port, 'c')
  stage.add(() => client.disconnect())
  await client.publish('a/1', 'x')
}

async function endShaky(stage: Stage): Promise<void> {
  await stage.world.shaky.kill()
  stage.add(() => stage.world.shaky.start())
  await eventually('the broker knows', () => stage.broker.stderr().includes('Redis is away'))
}

/** As EMQ X left a stored message. */
async function emqxTopic({ world }: Stage): Promise<void> {
  await world.redis.client.zadd('mqtt:msg:old/topic', 1, 'id1')
}
