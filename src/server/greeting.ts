import { relative } from 'node:path'
import { usedPools } from '../engine/used-pools.ts'
import type { PoolSpec } from '../plan/program.ts'
import { firstSteps } from './first-steps.ts'
import { listenerUrl } from './listener-url.ts'
import type { Server } from './start.ts'
import { addressText } from './start-failure.ts'

/** What runs where and what to type next: at most ten lines for whoever typed `hookline start`. */
export function greeting(version: string, files: readonly string[], server: Server): string {
  const { program, listeners } = server
  const pools = usedPools(program)
  const rules = Object.values(program.steps).flat().length
  return [
    `hookline ${version} is running; Ctrl-C ends it`,
    `  MQTT   ${listeners.map(listenerUrl).join(', ') || 'no listener is on'}`,
    `  rules  ${files.join(', ')}: ${rules} ${rules === 1 ? 'rule' : 'rules'}; save a change and it is taken over`,
    ...storeLines(pools, server),
    ...nextLines(pools, server),
  ].join('\n')
}

/** Pools are listed as long as there is room. */
const POOL_LINES = 3

function storeLines(pools: readonly PoolSpec[], server: Server): string[] {
  const lines = pools.map(pool => `  Redis  ${pool.name}: ${whereIs(pool, server)}`)
  if (lines.length <= POOL_LINES) return lines
  return [...lines.slice(0, POOL_LINES - 1), `  Redis  and ${lines.length - POOL_LINES + 1} more pools`]
}

function whereIs({ server: address, database }: PoolSpec, server: Server): string {
  const where = address === 'embedded' ? embedded(server) : address.map(addressText).join(', ')
  return database === 0 ? where : `${where}, database ${database}`
}

function embedded({ dataDir, embeddedKeeps }: Server): string {
  return embeddedKeeps ? `embedded, kept in ${short(dataDir)}` : 'embedded, in memory: gone when hookline ends, as no redis-server is installed'
}

/** The `mqtt` command comes with the client library that hookline's tests use; any MQTT client will do. */
function nextLines(pools: readonly PoolSpec[], server: Server): string[] {
  const tcp = server.listeners.find(({ listener }) => listener.kind === 'tcp')
  if (tcp === undefined) return []
  const { host, port } = tcp.address
  const { topic, retain, pool = pools[0]?.name } = firstSteps(server.program)
  const at = `${['0.0.0.0', '::', '127.0.0.1'].includes(host) ? '' : ` -h ${host}`}${port === 1883 ? '' : ` -p ${port}`}`
  return [
    'In another terminal, with any MQTT client, for example:',
    `  npx mqtt pub${at} -t ${topic} -q 1${retain ? ' -r' : ''} -m hello`,
    ...pool === undefined || pools.length === 0 ? [] : [`  npx hookline redis ${pools.length === 1 ? '' : `--pool ${pool} `}keys '*'`],
    `  npx mqtt sub${at} -t ${topic} -q 1 -v`,
  ]
}

/** As short as it can be typed from here. */
function short(path: string): string {
  const below = relative('.', path)
  return below.length < path.length ? below : path
}
