import { expect, it } from 'vitest'
import { command } from '../../../src/store/cluster/ask.ts'
import { openNodes } from '../../../src/store/cluster/nodes.ts'
import { slotOf } from '../../../src/store/cluster/slot.ts'
import { startCluster } from '../redis-cluster.ts'
import { until } from '../redis-server.ts'
import { clusterSpec } from './cluster-kit.ts'

it('what was written to a master that serves nothing yet may be gone with it', async () => {
  const cluster = await startCluster({ masters: 1, replicas: 0, spares: 1 })
  let ready = false
  const nodes = openNodes({ spec: clusterSpec(cluster), folder: undefined, scripts: [], log: { info() {}, warn() {}, error() {} } }, {
    onReady() { ready = true }, onLost() { ready = false }, onTrouble() {},
  })
  try {
    await until(() => ready, 'ready')
    const [from, to] = cluster.nodes
    await to?.client.call('CLUSTER', 'SETSLOT', String(slotOf('k')), 'IMPORTING', from?.id ?? '')
    await from?.client.call('CLUSTER', 'SETSLOT', String(slotOf('k')), 'MIGRATING', to?.id ?? '')
    expect(await nodes.send('k', command('set', 'k', 'v'), { awaited: true })).toEqual({ ok: true, reply: 'OK' })
    expect(await to?.client.dbsize()).toBe(1)
    const { life } = nodes
    await to?.kill()
    await until(() => nodes.life !== life, 'lost')
    await until(() => ready, 'ready again')
  } finally {
    await nodes.end()
    await cluster.stop()
  }
}, 30_000)
