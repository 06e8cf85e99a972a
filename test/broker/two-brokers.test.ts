import { expect, test } from 'vitest'
import { BrokerProcess } from '../support/broker-process.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { rules, STORED } from '../support/rules.ts'
import { useWorld, withPool } from '../support/world.ts'

const world = useWorld({ rules: rules('node.name = first', ...STORED) })

/** Well below the slow tick: what comes in time was told of. */
const AT_ONCE_MS = 5_000
/** SPEC 4.3: what no one told of is found within 30 s. */
const FOUND_MS = 35_000

async function withSecondBroker(run: (second: BrokerProcess) => Promise<void>): Promise<void> {
  const second = new BrokerProcess({ rules: withPool(rules('node.name = second', ...STORED), world.redis.port) })
  try {
    await second.start()
    await run(second)
  } finally {
    await second.remove()
  }
}

test.each(['pubsub/shared', 'pubsub/+'])('a subscriber of %s has at once what another broker on the same Redis stored, each once and in order', async (filter) => {
  await withSecondBroker(async (second) => {
    const sub = await world.connect(`sub of ${filter}`)
    await sub.subscribe(filter, 1)
    const near = await world.connect('near')
    const far = await MqttClient.connect(second.port, 'far')
    const before = sub.payloads().length

    await near.publish('pubsub/shared', `${filter} one`)
    await far.publish('pubsub/shared', `${filter} two`)
    await far.publish('pubsub/shared', `${filter} three`)
    await near.publish('pubsub/shared', `${filter} four`)
    await far.publish('pubsub/shared', `${filter} five`)
    await sub.waitUntil(() => sub.payloads().includes(`${filter} five`), AT_ONCE_MS)
    expect(sub.payloads().slice(before).filter((payload) => payload.startsWith(filter)))
      .toEqual(['one', 'two', 'three', 'four', 'five'].map((word) => `${filter} ${word}`))
    await far.disconnect()
  })
}, 30_000)

test('what was told of while nobody could hear it is found by itself', async () => {
  await withSecondBroker(async (second) => {
    const sub = await world.connect('deaf')
    await sub.subscribe('pubsub/deaf', 1)
    const far = await MqttClient.connect(second.port, 'far')
    // the connections that hear wakes are cut over and over: some wakes come, some are lost
    const cutting = setInterval(() => { void world.redis.client.call('client', 'kill', 'type', 'pubsub') }, 20)
    const sent = Array.from({ length: 50 }, (_, i) => String(i))
    for (const payload of sent) await far.publish('pubsub/deaf', payload)
    clearInterval(cutting)
    await sub.waitForCount(sent.length, FOUND_MS)
    expect(sub.payloads()).toEqual(sent)
    await far.disconnect()
  })
}, FOUND_MS + 20_000)
