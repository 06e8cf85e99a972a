import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFailed, test } from 'vitest'
import { startRedis } from '../store/redis-server.ts'
import { BrokerProcess } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { rule, rules, STORED } from '../support/rules.ts'
import { WireClient } from '../support/wire-client.ts'
import { withPool } from '../support/world.ts'
import { Ledger } from './ledger.ts'
import { publishNumbers, TOPICS } from './publish-numbers.ts'
import { between, newSeed, randomFrom } from './random.ts'
import { storedByFiles } from './stored.ts'

const REWRITES = 50
/** Between a save and its report: the watcher waits until a file is whole, longer for an empty one. Milliseconds. */
const REPORT_MS = 10_000

const KINDS = ['valid', 'broken', 'torn', 'renamed', 'empty'] as const

test('fifty rewrites of the rules file under traffic cost no connection and no acknowledged message; the broken ones are reported', async () => {
  const random = randomFrom(newSeed('rewrites'))
  const ledger = new Ledger()
  const redis = await startRedis()
  /** Lines of the file with a rule that no other rewrite has. */
  const lines = (i: number) => withPool(rules(...STORED, rule(`message.publish.${100 + i}`, [`SET rewrite ${i}`], `rewrite/${i}`)), redis.port)
  const broker = new BrokerProcess({ rules: lines(0) })
  onTestFailed(() => { process.stderr.write(broker.stderr) })
  const clients: WireClient[] = []
  try {
    await broker.start()
    const client = (clientId: string, topics: readonly string[]): WireClient => {
      const made = new WireClient({
        port: () => broker.port,
        clientId,
        subscriptions: topics.map((topic) => ({ topic, qos: 1 })),
        onArrival: (arrival) => { ledger.arrived(clientId, arrival) },
        onHandedOver: (arrival) => { ledger.handedOver(clientId, arrival) },
        onSent: (payload, again) => { ledger.sent(payload, again) },
      })
      made.start()
      clients.push(made)
      return made
    }
    for (const kind of ['queue', 'pubsub']) {
      for (const i of [0, 1]) {
        const topics = TOPICS.filter((topic) => topic.startsWith(kind))
        ledger.subscriber(`${kind}-${i}`, topics)
        client(`${kind}-${i}`, topics)
      }
    }
    const stopped = new AbortController()
    const publishing = [0, 1].map((i) =>
      publishNumbers(client(`publisher-${i}`, []), { ledger, random, stop: stopped.signal, qos: 1 }))
    await eventually('all are connected', () => clients.every(({ connected }) => connected))

    for (let i = 1; i <= REWRITES; i++) {
      const kind = KINDS[i % KINDS.length] ?? 'valid'
      const from = broker.log.length
      const text = broker.fileWith(lines(i))
      switch (kind) {
        case 'valid':
          writeFileSync(broker.file, text)
          break
        case 'renamed':
          writeFileSync(`${broker.file}.new`, text)
          renameSync(`${broker.file}.new`, broker.file)
          break
        case 'torn': {
          const tear = text.indexOf('"action"') + between(random, 1, 20)
          writeFileSync(broker.file, text.slice(0, tear))
          await sleep(between(random, 0, 400))
          appendFileSync(broker.file, text.slice(tear))
          break
        }
        case 'broken':
          writeFileSync(broker.file, text.replace('on_message_publish', `on_message_publisch_${i}`))
          break
        case 'empty':
          writeFileSync(broker.file, '')
          break
      }
      if (kind === 'broken' || kind === 'empty') {
        const report = await broker.waitForLog('reload rejected', { from, deadlineMs: REPORT_MS })
        if (kind === 'broken') {
          expect(report['diagnostics']).toEqual([expect.objectContaining({
            file: broker.file, line: 1, severity: 'error', message: expect.stringContaining(`on_message_publisch_${i}`),
          })])
        }
      } else await broker.waitForLog('reload applied', { from, deadlineMs: REPORT_MS })
    }

    stopped.abort()
    await Promise.all(publishing)
    await eventually('everything has arrived', () => ledger.missing().length === 0)
    expect(clients.map(({ connects }) => connects)).toEqual(clients.map(() => 1))
    const { acknowledged, lost, waiting, repeated, outOfOrder, redelivered, storedAgain } = await ledger.verdict(redis.client, storedByFiles(redis.folder))
    expect({ lost, waiting, repeated, outOfOrder, redelivered, storedAgain }).toEqual({ lost: [], waiting: [], repeated: [], outOfOrder: [], redelivered: 0, storedAgain: [] })
    expect(acknowledged).toBeGreaterThan(1_000)
    expect(broker.log.filter(({ msg }) => msg === 'reload applied')).toHaveLength(30)
  } finally {
    await Promise.all(clients.map((made) => made.stop()))
    await broker.remove()
    await redis.stop()
  }
}, 150_000)
