import { expect, test } from 'vitest'
import { BrokerProcess } from '../support/broker-process.ts'
import { MqttClient } from '../support/mqtt-client.ts'
import { rules, STORED } from '../support/rules.ts'
import { useWorld, withPool } from '../support/world.ts'

const world = useWorld({ rules: rules('node.name = first', ...STORED) })

/** SPEC 4.3: what no one told of is found within 30 s. */
const FOUND_MS = 35_000

test('what another broker on the same Redis stored comes with the next message, or by itself, each once and in order', async () => {
  const second = new BrokerProcess({ rules: withPool(rules('node.name = second', ...STORED), world.redis.port) })
  try {
    await second.start()
    const sub = await world.connect('sub')
    await sub.subscribe('pubsub/shared', 1)
    const near = await world.connect('near')
    const far = await MqttClient.connect(second.port, 'far')

    await near.publish('pubsub/shared', 'one')
    await far.publish('pubsub/shared', 'two')
    await far.publish('pubsub/shared', 'three')
    await near.publish('pubsub/shared', 'four')
    await sub.waitForCount(4)
    await far.publish('pubsub/shared', 'five')
    await sub.waitForCount(5, FOUND_MS)
    expect(sub.payloads()).toEqual(['one', 'two', 'three', 'four', 'five'])
    await far.disconnect()
  } finally {
    await second.remove()
  }
}, FOUND_MS + 15_000)
