import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

const OUT = '.out'

/** What is shown is what its golden file has; UPDATE=1 writes it. */
export function expectGolden(name: string, shown: string): void {
  const file = pathOf(name)
  if (process.env['UPDATE'] !== undefined) writeFileSync(file, shown)
  expect(existsSync(file), `${file} is not there; UPDATE=1 writes it`).toBe(true)
  expect(shown).toBe(readFileSync(file, 'utf8'))
}

/** The names of all golden files, sorted. */
export function goldens(): readonly string[] {
  return readdirSync(fileURLToPath(new URL('.', import.meta.url))).filter(name => name.endsWith(OUT)).map(name => name.slice(0, -OUT.length)).sort()
}

export function pathOf(name: string): string {
  return fileURLToPath(new URL(`${name}${OUT}`, import.meta.url))
}
