// How long a person waits for the command line, of what is built (npm run build): ms until it has answered, or until
// a broker is ready whose Redis runs already; the quickest of several, as far as one may on a machine that others use.
// `node bench/start.mjs [MAIN]`: another than the built command, as dist/cli/main.js, which is the same module by module.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TIMES = 7
const root = fileURLToPath(new URL('..', import.meta.url))
const main = process.argv[2] ?? `${root}dist/bundle/main.js`
const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'))

/** Of several runs, one after the other. */
async function quickest(run) {
  let best = Infinity
  for (let time = 0; time < TIMES; time += 1) {
    const started = performance.now()
    await run()
    best = Math.min(best, performance.now() - started)
  }
  return Math.round(best)
}

const command = (...args) => quickest(() => { spawnSync(process.execPath, args, { stdio: 'ignore' }) })

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Resolves when the child has written the word; fails if it ends before. */
function wordOf(child, stream, word) {
  return new Promise((resolve, reject) => {
    let text = ''
    child[stream].on('data', (data) => {
      text += data
      if (text.includes(word)) resolve(performance.now())
    })
    child.once('exit', code => reject(new Error(`ended with ${code}: ${text}`)))
  })
}

const ended = child => new Promise((resolve) => { child.once('exit', resolve) })

async function startToReady(rules) {
  let best = Infinity
  for (let time = 0; time < TIMES; time += 1) {
    const started = performance.now()
    const broker = spawn(process.execPath, [main, 'start', rules], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, XDG_RUNTIME_DIR: folder } })
    best = Math.min(best, await wordOf(broker, 'stderr', '"msg":"ready"') - started)
    broker.removeAllListeners('exit')
    broker.kill('SIGTERM')
    await ended(broker)
  }
  return Math.round(best)
}

const port = await freePort()
const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], { stdio: ['ignore', 'pipe', 'ignore'] })
try {
  await wordOf(redis, 'stdout', 'Ready to accept connections')
  const rules = join(folder, 'rules.conf')
  writeFileSync(rules, [
    `backend.redis.pool1.server = 127.0.0.1:${port}`, 'listener.tcp.external = 127.0.0.1:0', 'listener.ws.external = off',
    'backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}', '',
  ].join('\n'))
  console.log(`node itself:               ${await command('-e', '0')} ms`)
  console.log(`hookline --version:        ${await command(main, '--version')} ms`)
  console.log(`hookline --help:           ${await command(main, '--help')} ms`)
  console.log(`lint rules/hookline.conf:  ${await command(main, 'lint', `${root}rules/hookline.conf`)} ms`)
  console.log(`start until ready:         ${await startToReady(rules)} ms`)
} finally {
  redis.kill('SIGTERM')
  await ended(redis)
  rmSync(folder, { recursive: true })
}
