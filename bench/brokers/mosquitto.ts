import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startChild } from '../machine/child.ts'
import { freePort } from '../machine/free-port.ts'
import type { StartBroker } from './broker.ts'

/** Debian keeps it where a user's PATH does not look. */
const PLACES = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto', '/usr/bin/mosquitto']

export const MOSQUITTO = PLACES.find(existsSync)

/** With persistence, as its manual has it: what is queued is in memory, and on disk every half hour and at the end. */
export const startMosquitto: StartBroker = async ({ folder }) => {
  const port = await freePort()
  const data = join(folder, 'mosquitto')
  mkdirSync(data)
  const file = join(folder, 'mosquitto.conf')
  writeFileSync(file, `listener ${port} 127.0.0.1
allow_anonymous true
user root
persistence true
persistence_location ${data}/
max_inflight_messages 1000
max_queued_messages 0
set_tcp_nodelay true
`)
  const child = startChild({ core: 'broker', command: [MOSQUITTO ?? 'mosquitto', '-c', file] })
  await child.says(/mosquitto version \S+ running/)
  return { child, port }
}
