import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new empty folder; its maker removes it with {@link removeFolder}. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'hookline-'))
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
