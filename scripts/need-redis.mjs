// The tests need a real redis-server on the PATH. On Debian as root it is installed; elsewhere the
// one command to type is said, and the run fails: tests are never skipped for want of a server.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** What makes a redis-server, by the tool that a system has. */
const WAYS = [
  ['apt-get', 'sudo apt-get install -y redis-server'],
  ['brew', 'brew install redis'],
  ['dnf', 'sudo dnf install -y redis || sudo dnf install -y valkey-compat-redis'],
  ['apk', 'sudo apk add redis'],
  ['pacman', 'sudo pacman -S valkey'],
]

const runs = command => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0

if (!runs('redis-server') && existsSync('/etc/debian_version') && process.getuid?.() === 0) {
  const options = { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  spawnSync('apt-get', ['update'], options)
  spawnSync('apt-get', ['install', '-y', 'redis-server'], options)
}
if (!runs('redis-server')) {
  const way = WAYS.find(([tool]) => runs(tool))
  console.error('the tests need redis-server on the PATH; type:')
  console.error(`  ${way?.[1] ?? 'see https://redis.io/docs/latest/operate/oss_and_stack/install/'}`)
  process.exitCode = 1
}
