import { spawnSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import { MOSQUITTO } from '../brokers/mosquitto.ts'
import { PINNED } from './cores.ts'

/** What the figures were measured on and with. */
export function describeMachine(): Readonly<Record<string, string>> {
  const [first] = cpus()
  return {
    'processor': `${first?.model ?? 'unknown'}, ${cpus().length} cores`,
    'memory': `${Math.round(totalmem() / 2 ** 30)} GiB`,
    'system': `${type()} ${release()}`,
    'Node': process.versions.node,
    'Redis': versionIn('redis-server', ['--version'], /v=(\S+)/),
    'mosquitto': MOSQUITTO === undefined ? 'absent' : versionIn(MOSQUITTO, ['-h'], /version (\S+)/),
    'processes': PINNED ? 'broker on core 0, Redis and load on core 1' : 'not kept to cores',
  }
}

function versionIn(command: string, args: readonly string[], pattern: RegExp): string {
  const { stdout } = spawnSync(command, args, { encoding: 'utf8' })
  return pattern.exec(stdout ?? '')?.[1] ?? 'unknown'
}
