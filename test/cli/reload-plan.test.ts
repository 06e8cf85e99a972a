import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rule } from '../support/rules.ts'
import { startRedis, type RedisServer } from '../store/redis-server.ts'
import { Commands, type RunningBroker } from './commands.ts'

const MAIN = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url))

let redis: RedisServer
let rules: string
beforeAll(async () => {
  redis = await startRedis()
  rules = `backend.redis.pool1.server = 127.0.0.1:${redis.port}\n${rule('message.publish.1', ['INCR n'], 'a/#')}\n`
})
afterAll(async () => { await redis.stop() })

test('on a terminal it shows what would change, asks, and reloads that, or nothing, or says that it is something else by now', { timeout: 60_000 }, async () => {
  const commands = new Commands()
  const broker = await commands.start(rules, BLIND)
  rewrite(broker, 'a/#', 'b/#')

  const refused = await terminal(commands, () => {}, 'n\r')
  expect(refused).toMatchObject({ code: 1, out: expect.stringMatching(/topic: a\/# → b\/#[^]*reload this\? \[y\/N\] [^]*nothing was reloaded/) })
  expect(await commands.run('status')).toMatchObject({ out: expect.stringContaining('generation   1,') })
  expect(await terminal(commands, () => {}, '\u0004')).toMatchObject({ code: 1, out: expect.stringContaining('nothing was reloaded') })

  const changed = await terminal(commands, () => { rewrite(broker, 'b/#', 'c/#') }, 'y\r')
  expect(changed).toMatchObject({ code: 1, out: expect.stringContaining('reload rejected: the files have changed since that was shown; generation 1 runs on') })

  const agreed = await terminal(commands, () => {}, 'y\r')
  expect(agreed).toMatchObject({ code: 0, out: expect.stringMatching(/topic: a\/# → c\/#[^]*reload applied: generation 2 runs/) })
})

/** chokidar's own variables: the broker does not notice a save, so that the command finds something to ask about. */
const BLIND = { CHOKIDAR_USEPOLLING: 'true', CHOKIDAR_INTERVAL: '600000' }

function rewrite(broker: RunningBroker, text: string, other: string): void {
  writeFileSync(broker.file, readFileSync(broker.file, 'utf8').replace(text, other))
}

/** `hookline reload --plan` on a terminal, where somebody types this when it has asked. */
async function terminal(commands: Commands, asked: () => void, typed: string): Promise<{ readonly code: number | null, readonly out: string }> {
  const child = spawn('script', ['-qec', `"${process.execPath}" "${MAIN}" reload --plan`, '/dev/null'], { env: { ...process.env, NO_COLOR: '1', XDG_RUNTIME_DIR: commands.runtime } })
  const closed = once(child, 'close')
  onTestFinished(async () => { child.kill(); await closed })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text })
  await eventually(() => `it asks; it said:\n${out}`, () => out.includes('[y/N] '), 20_000)
  asked()
  child.stdin.write(typed)
  await closed
  return { code: child.exitCode, out: out.replaceAll('\r', '') }
}
