import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'

/** A folder of the test's own, gone after it; of several tests that run side by side each says which it is. */
export function tempFolder(test: Pick<TestContext, 'onTestFinished'> = { onTestFinished }): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-'))
  test.onTestFinished(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}
