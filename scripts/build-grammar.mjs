// grammar/rules.peggy -> src/syntax/generated/rules-grammar.{js,d.ts}
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
mkdirSync(`${root}src/syntax/generated`, { recursive: true })
execFileSync(process.execPath, [
  `${root}node_modules/peggy/bin/peggy.js`,
  '--format', 'es', '--dts',
  // one entry for each shape that is parsed on its own
  '--allowed-start-rules', '*',
  '-o', `${root}src/syntax/generated/rules-grammar.js`,
  `${root}grammar/rules.peggy`,
], { stdio: 'inherit' })
