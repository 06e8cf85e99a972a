import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('short-collections.mjs', import.meta.url))
const run = promisify(execFile)

/** What room for new objects a program has in the end of whose objects many live for a while. MiB. */
async function room({ flags = [], args = [], NODE_OPTIONS = '' }: { flags?: string[], args?: string[], NODE_OPTIONS?: string }): Promise<number> {
  const { stdout } = await run(process.execPath, [...flags, PROGRAM, ...args], { env: { ...process.env, NODE_OPTIONS } })
  return Number(stdout)
}

const MORE = '--max-semi-space-size=32'

test.concurrent('the room for new objects grows to a few MiB and no further', async () => {
  const [short, byV8] = await Promise.all([room({ args: ['short'] }), room({})])
  expect(short).toBeGreaterThanOrEqual(4)
  expect(short).toBeLessThanOrEqual(8)
  expect(byV8).toBeGreaterThan(16)
}, 60_000)

test.concurrent.each([
  { by: 'an option of the command', more: { flags: [MORE] } },
  { by: 'NODE_OPTIONS', more: { NODE_OPTIONS: MORE } },
])('who says a size by $by has it', async ({ more }) => {
  expect(await room({ ...more, args: ['short'] })).toBeGreaterThan(16)
}, 60_000)
