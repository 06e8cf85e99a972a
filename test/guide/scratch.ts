import { appendFileSync, chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../store/redis-server.ts'
import { makeFolder, removeFolder } from '../support/temp-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A folder that looks to who types in it like a clone of hookline, built, with ports of its own. */
export interface Scratch {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** A command of the page, with the ports of this folder. */
  rewritten(command: string): string
  /** What it prints, with the ports of the page. */
  restored(line: string): string
  remove(): void
}

/** Ports that pages name; each becomes a free one. */
const PORTS = [1883, 8083, 6390]

/**
 * `npx` and `npm start` are stood in for by two lines of shell: they would do the same, after a
 * second of thinking each and, the latter, a build in the middle of the tests.
 */
const STAND_INS = {
  npx: `command=$1; shift
case $command in
  hookline) exec node '${ROOT}dist/bundle/main.js' "$@" ;;
  mqtt) verb=$1; shift; exec node '${ROOT}node_modules/.bin/mqtt' "$verb" -p "$MQTT_PORT" "$@" ;;
esac
exit 127`,
  npm: `case $1 in
  ci) ;;
  start) exec npx hookline start rules/hookline.conf ;;
  *) exit 127 ;;
esac`,
}

export async function makeScratch(): Promise<Scratch> {
  const cwd = makeFolder()
  const ports = new Map<number, number>()
  for (const port of PORTS) ports.set(port, await freePort())
  cpSync(join(ROOT, 'rules'), join(cwd, 'rules'), { recursive: true, filter: (path) => !path.endsWith('/data') })
  for (const file of readdirSync(join(cwd, 'rules'), { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.conf')) appendFileSync(join(cwd, 'rules', file), `\nlistener.tcp.external = 127.0.0.1:${ports.get(1883)}\nlistener.ws.external = 127.0.0.1:${ports.get(8083)}\n`)
  }
  for (const name of ['node_modules', 'dist', 'package.json']) symlinkSync(join(ROOT, name), join(cwd, name))
  const bin = join(cwd, '.bin')
  mkdirSync(bin)
  mkdirSync(join(cwd, '.run'), { mode: 0o700 })
  for (const [name, lines] of Object.entries(STAND_INS)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${lines}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  return {
    cwd,
    env: {
      PATH: `${bin}:${process.env['PATH']}`, HOME: cwd, SHELL: '/bin/sh', TERM: 'xterm', LC_ALL: 'C.UTF-8', NO_COLOR: '1',
      // its own broker is the only one
      XDG_RUNTIME_DIR: join(cwd, '.run'), MQTT_PORT: String(ports.get(1883)),
    },
    rewritten: (command) => withPorts(command, [...ports]),
    // the greeting names the port in the commands that it proposes unless it is 1883
    restored: (line) => withPorts(line, [...ports].map(([shown, used]) => [used, shown])).replace(/ -p 1883\b/, ''),
    remove() { removeFolder(cwd) },
  }
}

function withPorts(text: string, ports: readonly (readonly [from: number, to: number])[]): string {
  return ports.reduce((done, [from, to]) => done.replace(new RegExp(`\\b${from}\\b`, 'g'), String(to)), text)
}
