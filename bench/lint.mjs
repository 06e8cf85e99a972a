// How long linting takes, of what is built (npm run build): CPU seconds of compiling and of the whole
// command, memory, and compiling again after a line has changed. `node bench/lint.mjs [RULES…]`
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 1_000, 10_000]

/** Rules as a site with many devices has them: each with a store, a fetch and an acknowledgement, and a command. */
function rule(i) {
  const topic = `site${i % 97}/device${Math.floor(i / 4)}/data/#`
  const [hook, action] = [
    ['message.publish', '{"function": "on_message_publish"}, "expired_time": 3600'],
    ['session.subscribed', '{"function": "on_message_fetch_for_queue"}'],
    ['message.acked', '{"function": "on_message_acked_for_queue"}'],
    ['message.publish', `{"commands": ["HSET last:${i} topic \${topic}", "EXPIRE last:${i} 3600"]}`],
  ][i % 4]
  return `backend.redis.hook.${hook}.${i} = {"topic": "${topic}", "action": ${action}, "pool": "pool1"}`
}

const file = rules => `backend.redis.pool1.server = 127.0.0.1:6379\n\n${Array.from({ length: rules }, (_, i) => rule(i)).join('\n')}\n`

const seconds = ({ user, system }) => ((user + system) / 1e6).toFixed(3)

function cpu(work) {
  const before = process.cpuUsage()
  const result = work()
  return { result, cpuSeconds: seconds(process.cpuUsage(before)) }
}

// In a process of its own, so that no size profits from another.
if (process.env.COMPILE !== undefined) {
  const { compile } = await import(`${root}dist/compile.js`)
  const { createParseCache } = await import(`${root}dist/syntax/parse-cache.js`)
  const text = file(Number(process.env.COMPILE))
  const parsed = createParseCache()
  const first = cpu(() => compile([{ name: 'bench.conf', text }], { layout: true, plan: false }))
  compile([{ name: 'bench.conf', text }], { parsed })
  const changed = text.replace('3600', '7200')
  const again = cpu(() => compile([{ name: 'bench.conf', text: changed }], { parsed }))
  const anew = cpu(() => compile([{ name: 'bench.conf', text: changed }]))
  process.stdout.write(JSON.stringify({
    compile: first.cpuSeconds, findings: first.result.diagnostics.length, again: again.cpuSeconds, anew: anew.cpuSeconds,
    megabytes: Math.round(process.memoryUsage().rss / 1e6),
  }))
  process.exit()
}

/** Has a process say on its file descriptor 3 what it took. */
const TELL_CPU = `data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>writeSync(3,JSON.stringify(process.cpuUsage())))`

/** The command as a person waits for it: the least of five, as far as one may on a machine that others use. */
function command(path) {
  const runs = Array.from({ length: 5 }, () => {
    const started = performance.now()
    const { output } = spawnSync(process.execPath, ['--import', TELL_CPU, `${root}dist/bundle/main.js`, 'lint', path], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
    return { wallMs: performance.now() - started, cpuSeconds: seconds(JSON.parse(output[3])) }
  })
  const least = name => Math.min(...runs.map(run => run[name]))
  return { wallMs: Math.round(least('wallMs')), cpuSeconds: least('cpuSeconds').toFixed(3) }
}

const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'))
try {
  console.log(`node itself: ${Math.round(bare())} ms wall; lint rules/hookline.conf: ${command(`${root}rules/hookline.conf`).wallMs} ms wall`)
  console.log('  rules  compile, CPU s  findings  whole command, CPU s  wall ms  compile again: one line new, CPU s  all new, CPU s  memory, MB')
  for (const size of sizes) {
    const path = join(folder, `${size}.conf`)
    writeFileSync(path, file(size))
    const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], { env: { ...process.env, COMPILE: String(size) }, encoding: 'utf8' })
    const { compile, findings, again, anew, megabytes } = JSON.parse(stdout)
    const whole = command(path)
    console.log([
      String(size).padStart(7), compile.padStart(14), String(findings).padStart(8), whole.cpuSeconds.padStart(20), String(whole.wallMs).padStart(7), again.padStart(34), anew.padStart(14), String(megabytes).padStart(10),
    ].join('  '))
  }
} finally {
  rmSync(folder, { recursive: true })
}

/** What no program of Node can be quicker than. */
function bare() {
  return Math.min(...Array.from({ length: 5 }, () => {
    const started = performance.now()
    spawnSync(process.execPath, ['-e', '0'])
    return performance.now() - started
  }))
}
