import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startChild } from '../machine/child.ts'
import type { StartBroker } from './broker.ts'

/** The built command on a rules file, as a user starts it. */
export const startHookline: StartBroker = async ({ redisPort, folder, rules, dist }) => {
  const file = join(folder, 'rules.conf')
  writeFileSync(file, fileOf(rules, { redisPort, port: 0 }))
  const child = startChild({
    core: 'broker',
    command: [process.execPath, commandOf(dist), 'start', file],
    // its control socket
    env: { XDG_RUNTIME_DIR: folder, NO_COLOR: '1' },
  })
  const ready = await child.says(/^\{.*"msg":"ready".*$/m)
  return { child, port: tcpPortOf(ready[0]) }
}

/** The command of a build, as its package has it; builds from before there was a bundle have modules only. */
function commandOf(dist: string): string {
  const bundle = join(dist, 'bundle/main.js')
  return existsSync(bundle) ? bundle : join(dist, 'cli/main.js')
}

/** The text of a rules file with these lines; port 0 is a free one. */
export function fileOf(rules: string, { redisPort, port }: { readonly redisPort: number, readonly port: number }): string {
  return `backend.redis.pool1.server = 127.0.0.1:${redisPort}
listener.tcp.external = 127.0.0.1:${port}
listener.tcp.external.max_conn_rate = 100000
listener.ws.external = off
${rules}
`
}

function tcpPortOf(line: string): number {
  const port = /"kind":"tcp"[^}]*"port":(\d+)/.exec(line)?.[1]
  if (port === undefined) throw new Error(`no port in what hookline said: ${line}`)
  return Number(port)
}
