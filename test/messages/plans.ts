import { MqttClient } from '../support/mqtt-client.ts'
import { PUBLISH, QUIET, RULES, type Situation } from './situation.ts'
import type { Stage } from './stage.ts'

const COMMANDS = (name: string, topic: string, ...commands: readonly string[]): string =>
  `backend.redis.hook.message.publish.${name} = ${JSON.stringify({ topic, action: { commands }, pool: 'pool1' })}\n`

const OLD = `${RULES}${COMMANDS('2', 'a/+', 'SET last:${clientid} ${topic}', 'INCR count')}${COMMANDS('3', '#', 'INCR all')}`
/** A rule renumbered, one changed, one removed, one added; its pool moved; settings. */
const NEW = `${RULES.replace('a/#', 'b/#')}backend.redis.pool1.database = 3
mqtt.max_inflight = 64
node.name = n2
${COMMANDS('2', 'a/#', 'SET latest:${clientid} ${topic}', 'INCR count')}${COMMANDS('7', '#', 'INCR all')}${COMMANDS('8', 'b/2', 'SET second:${topic} ${payload}')}`
const RUNNING = { files: { 'rules.conf': OLD, 'new.conf': NEW }, brokers: ['rules.conf'] } as const

async function published(stage: Stage): Promise<void> {
  const client = await MqttClient.connect(stage.port, 'c')
  stage.add(() => client.disconnect())
  for (const topic of ['a/1', 'a/1/2', 'b/1', 'b/2', 'c']) await client.publish(topic, 'hello')
}

/** What a broker wrote, of so many seconds with a message in each. */
function events(seconds: number): string {
  const at = 1_700_000_000_000
  const counts = { 'client.connected': 0, 'client.disconnected': 0, 'session.created': 0, 'session.subscribed': 0, 'session.unsubscribed': 0, 'message.publish': seconds, 'message.delivered': 0, 'message.acked': 0 }
  const all = Array.from({ length: seconds }, (_, i) => (
    { hook: 'message.publish', at: at + i * 1_000, clientid: 'c', topic: `a/${i % 5}`, msgid: `m${i}`, qos: 1, retain: false, payloadBytes: 1_000, payloadHash: `${100_000_000_000 + i}` }
  ))
  return JSON.stringify({ since: at, until: at + seconds * 1_000, counts, events: all })
}

const TWO_FILES = {
  'old.conf': `${QUIET}backend.redis.pool1.server = 127.0.0.1:1\n${PUBLISH('1')}${COMMANDS('2', 'a/#', 'RPUSH all ${payload}', 'LTRIM all -10 -1')}`,
  'new.conf': `${QUIET}backend.redis.pool1.server = 127.0.0.1:1\n${PUBLISH('1').replace('60', '600')}${COMMANDS('2', 'a/#', 'LPUSH all ${payload}', 'LTRIM all 0 9')}${COMMANDS('3', 'a/#', 'HSET last:${topic} payload ${payload}', 'RPUSH recent ${topic}', 'LTRIM recent -5 -1')}`,
  'events.json': events(100), 'few.json': events(8),
}

/** What `hookline plan` says, and what else is said of recent events. */
export const PLANS: readonly Situation[] = [
  { name: 'why-live', line: 'hookline why --live mqtt:msg:a/1', exit: 0, files: { 'rules.conf': RULES }, brokers: ['rules.conf'], before: published },
  { name: 'why-live-not-written', line: 'hookline why --live mqtt:msg:a/9', exit: 0, files: { 'rules.conf': RULES }, brokers: ['rules.conf'], before: published },
  { name: 'why-live-remembers-nothing', line: 'hookline why --live mqtt:msg:a/1', exit: 0, files: { 'rules.conf': `${RULES}events.keep = 0\n` }, brokers: ['rules.conf'] },
  { name: 'plan', line: 'hookline plan new.conf', exit: 0, ...RUNNING, before: published },
  { name: 'plan-exit-code', line: 'hookline plan --exit-code new.conf', exit: 1, ...RUNNING },
  { name: 'plan-unchanged', line: 'hookline plan --exit-code rules.conf', exit: 0, ...RUNNING },
  { name: 'plan-as-json', line: 'hookline plan --json new.conf', exit: 0, files: { 'rules.conf': RULES, 'new.conf': `${RULES}${COMMANDS('2', '#', 'INCR all')}` }, brokers: ['rules.conf'], before: published },
  { name: 'plan-errors', line: 'hookline plan --exit-code new.conf', exit: 2, files: { 'rules.conf': RULES, 'new.conf': RULES.replace('on_message_publish', 'on_message_publsh') }, brokers: ['rules.conf'] },
  { name: 'plan-new-warnings', line: 'hookline plan rules.conf new.conf', exit: 0, files: { 'rules.conf': `${RULES}zone.x = 1\n`, 'new.conf': `# moved\n${RULES}zone.x = 1\n${COMMANDS('2', '#', 'RPUSH all ${topic}')}` } },
  { name: 'plan-pools', line: 'hookline plan rules.conf new.conf', exit: 0, files: { 'rules.conf': `${RULES}backend.redis.pool3.server = {redis}\n`, 'new.conf': `${RULES.replace('"pool1"', '"pool2"')}backend.redis.pool2.server = {redis}\n` } },
  { name: 'plan-no-command-differs', line: 'hookline plan new.conf', exit: 0, files: { 'rules.conf': RULES, 'new.conf': `${RULES}mqtt.max_inflight = 64\n` }, brokers: ['rules.conf'], before: published },
  { name: 'plan-no-events', line: 'hookline plan new.conf', exit: 0, files: { 'rules.conf': `${RULES}events.keep = 0\n`, 'new.conf': RULES }, brokers: ['rules.conf'], before: published },
  { name: 'plan-of-a-folder', line: 'hookline plan rules.conf conf.d', exit: 0, files: { 'rules.conf': RULES, 'conf.d/a.conf': RULES, 'conf.d/b.conf': COMMANDS('2', '#', 'INCR all') } },
  { name: 'plan-of-several', line: 'hookline plan --live rules.conf more.conf', exit: 0, files: { 'rules.conf': RULES, 'more.conf': COMMANDS('2', '#', 'INCR all') }, brokers: ['rules.conf'] },
  { name: 'plan-no-such-file', line: 'hookline plan none.conf', exit: 2, ...RUNNING },
  { name: 'plan-events-of-a-broker', line: 'hookline plan --events events.json new.conf', exit: 2, ...RUNNING },

  { name: 'plan-two-files', line: 'hookline plan old.conf new.conf', exit: 0, files: TWO_FILES },
  { name: 'plan-two-files-events', line: 'hookline plan --events events.json old.conf new.conf', exit: 0, files: TWO_FILES },
  { name: 'plan-two-files-few-events', line: 'hookline plan --events few.json old.conf new.conf', exit: 0, files: TWO_FILES },
  { name: 'plan-two-equal-files', line: 'hookline plan --exit-code old.conf old.conf', exit: 0, files: TWO_FILES },
  { name: 'plan-two-files-one-is-missing', line: 'hookline plan old.conf none.conf', exit: 2, files: TWO_FILES },
  { name: 'plan-old-has-errors', line: 'hookline plan old.conf new.conf', exit: 2, files: { 'old.conf': 'node.nam = a\n', 'new.conf': RULES } },
  { name: 'plan-three-files', line: 'hookline plan old.conf new.conf more.conf', exit: 2 },
  { name: 'plan-no-such-events', line: 'hookline plan --events none.json old.conf new.conf', exit: 2, files: TWO_FILES },
  { name: 'plan-events-of-something-else', line: 'hookline plan --events old.conf old.conf new.conf', exit: 2, files: TWO_FILES },
  { name: 'plan-events-of-other-json', line: 'hookline plan --events other.json old.conf new.conf', exit: 2, files: { ...TWO_FILES, 'other.json': '{"events":[]}' } },
]
