import { expect, test } from 'vitest'
import { BrokerProcess } from '../support/broker-process.ts'
import { eventually } from '../support/eventually.ts'
import { rule, rules } from '../support/rules.ts'
import { connectWire, type WireConnection } from '../support/wire-connection.ts'
import { useWorld, withPool } from '../support/world.ts'

const PRESENCE = [rule('client.connected.1', 'on_client_connected'), rule('client.disconnected.1', 'on_client_disconnected')]
const world = useWorld({ rules: rules('node.name = first', ...PRESENCE) })

/** What Redis says of a client: its state, and on which nodes. */
async function presenceOf(clientid: string): Promise<string> {
  const { client: redis } = world.redis
  const nodes = []
  for (const node of ['first', 'second']) if (await redis.hexists(`mqtt:node:${node}`, clientid) === 1) nodes.push(node)
  return `${await redis.hget(`mqtt:client:${clientid}`, 'state')} ${nodes.join(' ')}`.trim()
}

test('a client that jumps between two brokers in a storm is where it ended, and nowhere when it is gone', async () => {
  const second = new BrokerProcess({ rules: withPool(rules('node.name = second', ...PRESENCE), world.redis.port) })
  try {
    await second.start()
    const ports = [world.broker.port, second.port] as const
    for (const clientid of ['jumper 1', 'jumper 2']) {
      const open: WireConnection[] = []
      // a new connection comes before the broker of the old one knows that it is gone, and in any order
      for (let i = 0; i < 30; i++) {
        open.push(await connectWire(ports[i % 2] ?? 0, clientid))
        if (i % 3 === 0) open.shift()?.cut()
      }
      const last = open.pop()
      for (const connection of open) {
        connection.cut()
        await connection.closed
      }
      await eventually('it is online on the second alone', async () => await presenceOf(clientid) === '1 second')
      last?.cut()
      await eventually('it is offline everywhere', async () => await presenceOf(clientid) === '0')
      const fields = Object.keys(await world.redis.client.hgetall(`mqtt:client:${clientid}`))
      expect(fields.toSorted()).toEqual(['offline_at', 'online_at', 'state'])
    }
    expect((await world.redis.client.keys('*')).filter((key) => !key.startsWith('mqtt:client:'))).toEqual([])
  } finally {
    await second.remove()
  }
}, 60_000)

test('a broker that was killed sets its clients offline when it is back, and no other', async () => {
  const second = new BrokerProcess({ rules: withPool(rules('node.name = second', ...PRESENCE), world.redis.port) })
  try {
    await second.start()
    const stays = await connectWire(world.broker.port, 'stays')
    await connectWire(second.port, 'left behind')
    await connectWire(second.port, 'moved')
    await eventually('both are there', async () => await presenceOf('left behind') === '1 second' && await presenceOf('moved') === '1 second')
    await second.kill()
    const moved = await connectWire(world.broker.port, 'moved')
    await eventually('it has moved', async () => (await presenceOf('moved')).includes('first'))
    await second.restart()
    await eventually('the one is offline', async () => await presenceOf('left behind') === '0')
    await eventually('the other is not', async () => await presenceOf('moved') === '1 first')
    expect(await presenceOf('stays')).toBe('1 first')
    for (const connection of [stays, moved]) {
      connection.cut()
      await connection.closed
    }
  } finally {
    await second.remove()
  }
}, 60_000)
