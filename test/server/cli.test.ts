import { expect, test } from 'vitest'
import { hookline } from './hookline-process.ts'

test('--version is the version of the package', async () => {
  const it = hookline(['--version'])
  expect(await it.exit).toBe(0)
  expect(it.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test.each([['--help'], ['start', '--help'], ['lint', '--help'], ['reload', '--help'], ['status', '--help'], ['redis', '--help']])('help is there: %s %s', async (...args) => {
  const it = hookline(args)
  expect(await it.exit).toBe(0)
  expect(it.stdout()).toContain('Usage: hookline')
})

test.each([
  [['start', '--no-such-flag', 'x.conf'], "unknown option '--no-such-flag'"],
  [['start'], "missing required argument 'file|folder'"],
  [['start', '--log-level', 'loud', 'x.conf'], 'Allowed choices'],
  [['strat'], 'Did you mean start?'],
  [[], 'Usage: hookline'],
])('what cannot be done is said, exit 2: %j', async (args, said) => {
  const it = hookline(args)
  expect(await it.exit).toBe(2)
  expect(it.stderr()).toContain(said)
})
