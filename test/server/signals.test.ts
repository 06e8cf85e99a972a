import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished, expect, test, vi } from 'vitest'

const SIGNALS = new URL('../../dist/server/signals.js', import.meta.url)

test('a signal stops it with 0, also when it comes twice at once', async () => {
  const it = await signalled('stop: async () => { await new Promise(resolve => setTimeout(resolve, 300)) }')
  it.kill('SIGTERM')
  it.kill('SIGINT')
  expect(await it.exit).toBe(0)
})

test('a second signal ends what does not stop by itself, with 1', async () => {
  const it = await signalled('stop: () => new Promise(() => {})')
  it.kill('SIGTERM')
  const insist = setInterval(() => { it.kill('SIGTERM') }, 100)
  onTestFinished(() => { clearInterval(insist) })
  expect(await it.exit).toBe(1)
  expect(it.said()).toContain('stopped by force')
})

test('a bug of ours ends it with 1 and its stack in the log', async () => {
  const it = await signalled('reload: async () => { null.rules }')
  it.kill('SIGHUP')
  expect(await it.exit).toBe(1)
  expect(it.said()).toMatch(/hookline has a bug.*TypeError/s)
})

/** A process that does nothing but handle signals, with these actions in place of its own. */
async function signalled(actions: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `
    import { handleSignals } from '${SIGNALS.href}'
    const say = (fields, message) => console.log(message, fields.stack ?? '')
    handleSignals({ reload: async () => {}, stop: async () => {}, log: { info: say, warn: say, error: say }, ${actions} })
    setInterval(() => {}, 1000)
    console.log('listening')
  `], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => { child.kill('SIGKILL') })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { said += text })
  await vi.waitFor(() => { expect(said).toContain('listening') }, 5_000)
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    said: () => said,
    exit: once(child, 'close').then(() => child.exitCode),
  }
}
