// The whole build: grammar, then TypeScript, then the files that the compiler leaves behind, then the command in few files.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import './build-grammar.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}dist`, { recursive: true, force: true })
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.json`], { stdio: 'inherit' })
for (const path of ['syntax/generated', 'store/scripts']) {
  cpSync(`${root}src/${path}`, `${root}dist/${path}`, { recursive: true })
}
chmodSync(`${root}dist/cli/main.js`, 0o755)
await import('./build-bundle.mjs')
