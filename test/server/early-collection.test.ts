import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('early-collection.mjs', import.meta.url))
const run = promisify(execFile)

/** The most that was in use at once, MiB, by a program that makes much garbage. */
async function mostInUse(...args: string[]): Promise<number> {
  const { stdout } = await run(process.execPath, [PROGRAM, ...args])
  return Number(stdout)
}

test('a full collection begins before a small heap has grown to several times of what is alive', async () => {
  const [early, late] = await Promise.all([mostInUse('early'), mostInUse()])
  expect(early).toBeLessThan(late * 0.75)
}, 60_000)
