import type { Qos } from '../load/orders.ts'
import { CONNECT_RULES, DEFAULT_RULES, manyRules, LONG_QUEUE, ONE_RULE, QUEUE_RULES, RETAINED_RULES, rule, WIDE_WINDOW } from '../rules.ts'
import type { Subject } from '../run.ts'
import { connectStorm, idleConnections } from './connections.ts'
import { offlineFetch } from './offline-fetch.ts'
import { saturatedAndPaced, saturatedUntil } from './publish.ts'
import { redisLimit } from './redis-limit.ts'
import { reloadUnderLoad } from './reload.ts'
import type { Scenario } from './scenario.ts'
import { startToReady } from './start.ts'

const AEDES: Subject = { name: 'aedes', broker: 'aedes' }
const BARE_ROUND_TRIP: Subject = { name: 'bare round trip', broker: 'bare round trip' }
const HAND_WRITTEN: Subject = { name: 'hand-written', broker: 'hand-written' }
const AEDES_REDIS: Subject = { name: 'aedes-persistence-redis', broker: 'aedes-persistence-redis' }
const MOSQUITTO: Subject = { name: 'mosquitto', broker: 'mosquitto' }

/** All that can be measured, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'stored-qos1',
    title: 'stored before they are acknowledged; no subscriber',
    subjects: [hookline(ONE_RULE), hookline(DEFAULT_RULES, 'default rules'), AEDES, BARE_ROUND_TRIP, HAND_WRITTEN, MOSQUITTO],
    seconds: 8,
    quick: true,
    work: saturatedAndPaced({ qos: 1 }),
  },
  ...([0, 2] as const).map((qos): Scenario => ({
    name: `stored-qos${qos}`,
    title: qos === 0 ? 'the rule stores QoS 1 and 2, so these go by; no subscriber' : 'stored before they are acknowledged; no subscriber',
    subjects: [hookline(ONE_RULE), AEDES, HAND_WRITTEN, MOSQUITTO],
    seconds: 8,
    work: saturatedAndPaced({ qos }),
  })),
  ...([0, 1, 2] as const).flatMap(qos => [live(qos, 1), live(qos, 10)]),
  {
    name: 'round-trip',
    title: 'a queue of QoS 1: stored, delivered, acknowledged, deleted; publishers wait for the subscriber',
    subjects: [
      hookline(`${QUEUE_RULES}\n${WIDE_WINDOW}`), hookline(`${DEFAULT_RULES}\n${WIDE_WINDOW}`, 'default rules'),
      AEDES, HAND_WRITTEN, AEDES_REDIS, MOSQUITTO,
    ],
    seconds: 11,
    quick: true,
    work: saturatedAndPaced({ qos: 1, topics: ['queue/{n}'], subscribers: { count: 1, clean: false, filter: 'queue/#' } }),
  },
  {
    name: 'round-trip-slow',
    title: 'the same with a subscriber that acknowledges 2 ms later; publishers do not wait for it',
    subjects: [hookline(QUEUE_RULES), AEDES, HAND_WRITTEN, MOSQUITTO],
    seconds: 4,
    quick: true,
    work: saturatedUntil(20_000, { qos: 1, topics: ['queue/{n}'], until: 'acked', subscribers: { count: 1, clean: false, filter: 'queue/#', ackDelayMs: 2 } }),
  },
  {
    name: 'retained',
    title: 'retained QoS 1 messages on 1,000 topics',
    subjects: [hookline(RETAINED_RULES), AEDES, AEDES_REDIS, MOSQUITTO],
    seconds: 8,
    work: saturatedAndPaced({ qos: 1, retain: true, topics: topicsBelow('bench/{n}', 125) }),
  },
  {
    name: 'no-rule',
    title: 'QoS 1 messages that no rule matches; no subscriber',
    subjects: [hookline(rule('message.publish.1', 'on_message_publish', { topic: 'other/#', expirySeconds: 3_600 })), AEDES],
    seconds: 8,
    quick: true,
    work: saturatedAndPaced({ qos: 1 }),
  },
  {
    name: 'many-rules',
    title: '10, 1,000 and 10,000 rules, of which one matches',
    subjects: [10, 1_000, 10_000].map(count => hookline(manyRules(count), `${count.toLocaleString('en-US')} rules`)),
    seconds: 8,
    quick: true,
    work: saturatedAndPaced({ qos: 1, topics: topicsBelow('plant/{n}', 100) }),
  },
  {
    name: 'offline-fetch-10k',
    title: '10,000 messages have waited for a subscriber of QoS 1',
    subjects: [hookline(QUEUE_RULES), AEDES, AEDES_REDIS, MOSQUITTO],
    seconds: 8,
    work: offlineFetch(10_000),
  },
  {
    name: 'offline-fetch-100k',
    title: '100,000 messages have waited for a subscriber of QoS 1',
    subjects: [hookline(QUEUE_RULES), MOSQUITTO],
    seconds: 12,
    quick: true,
    work: offlineFetch(100_000),
  },
  {
    name: 'connects',
    title: 'clients come and go, with presence and lookup',
    subjects: [hookline(CONNECT_RULES), AEDES, MOSQUITTO],
    seconds: 4,
    quick: true,
    work: connectStorm,
  },
  {
    name: 'idle',
    title: 'connections that say nothing',
    subjects: [hookline(DEFAULT_RULES, 'default rules'), AEDES, MOSQUITTO],
    seconds: 4,
    quick: true,
    work: idleConnections,
  },
  {
    name: 'reload',
    title: 'the rules change four times a second',
    subjects: [hookline(DEFAULT_RULES, 'default rules')],
    seconds: 8,
    work: reloadUnderLoad,
  },
  {
    name: 'redis-limit',
    title: 'CPU of Redis for a stored message',
    subjects: [hookline(ONE_RULE)],
    seconds: 5,
    quick: true,
    work: redisLimit,
  },
  {
    name: 'start',
    title: 'Redis runs already',
    subjects: [hookline(ONE_RULE), hookline(DEFAULT_RULES, 'default rules'), AEDES, MOSQUITTO],
    seconds: 0,
    quick: true,
    work: startToReady,
  },
]

/** Delivered to so many subscribers, who are served from memory: no rule fetches. */
function live(qos: Qos, count: number): Scenario {
  return {
    name: `live-qos${qos}-${count}`,
    title: `${qos === 0 ? 'not stored' : 'stored'}, and delivered to ${count === 1 ? 'one subscriber' : `${count} subscribers`} of the same QoS`,
    subjects: [hookline(`${ONE_RULE}\n${LONG_QUEUE}`), AEDES, ...qos === 1 ? [HAND_WRITTEN] : [], MOSQUITTO],
    seconds: 8,
    work: saturatedAndPaced({ qos, subscribers: { count } }),
  }
}

function hookline(rules: string, variant?: string): Subject {
  return { name: variant === undefined ? 'hookline' : `hookline, ${variant}`, broker: 'hookline', rules }
}

function topicsBelow(parent: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${parent}/${index}`)
}
