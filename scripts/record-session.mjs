// Records docs/session.cast (asciinema v2) and docs/session.svg: `npm run record`, after a build.
//
// What is in it was printed by the real program, to a terminal of its own (`script`, util-linux). Only the
// times are made up, so that a recording differs from the next one in nothing but what the program
// prints: typing has a steady pace, and nobody waits. `--out FOLDER` writes elsewhere.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { svgOf } from './session-svg.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values: { out } } = parseArgs({ options: { out: { type: 'string', default: join(root, 'docs') } } })

const COLUMNS = 118
const ROWS = 40
const PROMPT = '$ '

/** Seconds in the recording. */
const PACE = { perCharacter: 0.04, beforeEnter: 0.4, beforeOutput: 0.3, perLine: 0.03, toRead: 1.5 }

const RULES = `backend.redis.pool1.server = embedded

backend.redis.hook.message.publish.1 = {"topic": "cmd/#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "cmd/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "cmd/#", "action": {"function": "on_message_acked_for_queue"}, "pool": "pool1"}
`

/**
 * What is typed. `until`: what must have been printed before it goes on, where that comes after the
 * prompt or there is none; `interrupt`: Ctrl-C then.
 */
const STEPS = [
  { type: '# Commands for a lamp that sleeps: store, fetch, acknowledge.' },
  { type: 'cat rules.conf' },
  { type: 'npx hookline start rules.conf &', until: /mqtt sub .*\r\n/ },
  { type: '# The lamp is not there. Its command waits in Redis:' },
  { type: 'npx mqtt pub -t cmd/lamp -q 1 -m on' },
  { type: `npx hookline redis keys '*'` },
  { type: '# The lamp comes:' },
  { type: 'npx mqtt sub -t cmd/lamp -q 1 -v', until: /cmd\/lamp on\r\n/, interrupt: true },
  { type: '# Two days instead of an hour, while it runs. With a mistake:' },
  { type: `sed -i 's/3600/"2 days"/' rules.conf; sleep 1`, until: /reload rejected[^]*\$ $/ },
  { type: '# Nothing has changed. Mend it:' },
  { type: `sed -i 's/"2 days"/172800/' rules.conf; sleep 1`, until: /reload applied[^]*\$ $/ },
  { type: 'npx mqtt pub -t cmd/lamp -q 1 -m off' },
  { type: 'npx hookline redis ttl mqtt:msg:$(npx hookline redis zrange mqtt:msg:cmd/lamp 0 0)' },
]

/** How long a step may take. Milliseconds. */
const STEP_MS = 20_000

const events = await record()
const header = { version: 2, width: COLUMNS, height: ROWS, title: 'hookline: store, fetch, acknowledge; change a rule while it runs' }
const cast = `${[header, ...events].map(line => JSON.stringify(line)).join('\n')}\n`
writeFileSync(join(out, 'session.cast'), cast)
writeFileSync(join(out, 'session.svg'), svgOf(cast))

async function record() {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-session-'))
  const port = await freePort()
  const terminal = openTerminal(folder, port)
  // the recording is of one who has the usual port free
  const printed = () => terminal.output.replaceAll(String(port), '1883').replaceAll(' -p 1883', '')
  const recorded = []
  let time = 0.5
  const show = (seconds, text) => {
    time += seconds
    recorded.push([Number(time.toFixed(2)), 'o', text])
  }
  const ended = once(terminal.child, 'close')
  try {
    await until(() => printed().endsWith(PROMPT), 'a prompt')
    let seen = printed().length
    show(0, PROMPT)
    for (const { type, until: wanted, interrupt = false } of STEPS) {
      for (const character of type) show(PACE.perCharacter, character)
      terminal.child.stdin.write(`${type}\n`)
      const rest = () => printed().slice(seen + type.length)
      await until(() => wanted === undefined ? rest().endsWith(`\n${PROMPT}`) : wanted.test(rest()), type)
      if (interrupt) {
        terminal.child.stdin.write('\u0003')
        await until(() => rest().endsWith(`\n${PROMPT}`), `${type}, ended`)
      }
      const text = inOrder(rest(), wanted !== undefined)
      seen = printed().length
      const lines = text.split(/(?<=\n)/)
      show(PACE.beforeEnter, lines.shift())
      for (const [i, line] of lines.entries()) show(i === 0 ? PACE.beforeOutput : PACE.perLine, line)
      if (lines.length > 1) time += PACE.toRead
    }
    show(PACE.toRead, '\r\n')
  } finally {
    // Ctrl-C throws away what was typed and not read yet: first it, for a step that failed, then the rest
    terminal.child.stdin.write('\u0003')
    await sleep(300)
    terminal.child.stdin.write('kill %1; wait; exit\n')
    const late = setTimeout(() => terminal.child.kill(), STEP_MS)
    await ended
    clearTimeout(late)
    rmSync(folder, { recursive: true, force: true })
  }
  return recorded
}

/** What a command in the background prints comes after the prompt: the next line begins with one. */
function inOrder(text, inBackground) {
  return inBackground && !text.endsWith(`\n${PROMPT}`) ? `${text.replace(`\n${PROMPT}`, '\n')}${PROMPT}` : text
}

function openTerminal(folder, port) {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(folder, 'rules.conf'), `${RULES}listener.tcp.external = 127.0.0.1:${port}\nlistener.ws.external = off\n`)
  // npx in a clone of hookline would find the same two, after a second of thinking
  writeFileSync(join(bin, 'npx'), `#!/bin/sh
command=$1; shift
case $command in
  hookline) exec node '${root}dist/bundle/main.js' "$@" ;;
  mqtt) verb=$1; shift; exec node '${root}node_modules/.bin/mqtt' "$verb" -p ${port} "$@" ;;
esac
`)
  chmodSync(join(bin, 'npx'), 0o755)
  symlinkSync(join(root, 'package.json'), join(folder, 'package.json'))
  const start = `stty cols ${COLUMNS} rows ${ROWS}; exec bash --norc --noprofile --noediting`
  const child = spawn('script', ['-qfec', start, '/dev/null'], {
    cwd: folder,
    env: {
      PATH: `${bin}:${process.env.PATH}`, HOME: folder, SHELL: '/bin/sh', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', PS1: PROMPT,
      XDG_RUNTIME_DIR: folder, HISTFILE: '/dev/null',
    },
  })
  const terminal = { child, output: '' }
  child.stdout.setEncoding('utf8').on('data', text => { terminal.output += text })
  child.stderr.pipe(process.stderr)
  return terminal
}

async function until(reached, what) {
  const end = Date.now() + STEP_MS
  while (!reached()) {
    if (Date.now() > end) throw new Error(`not reached: ${what}`)
    await sleep(20)
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}
