// What `npm run bench` needs before it runs: the packages of bench/ as its lock file has them, and bench/ compiled.
import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bench = `${root}bench`
/** npm writes it last. */
const installed = `${bench}/node_modules/.package-lock.json`

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(`${bench}/package-lock.json`).mtimeMs) {
  execFileSync('npm', ['ci', '--silent', '--no-fund', '--no-audit'], { cwd: bench, stdio: ['ignore', 'ignore', 'inherit'] })
}
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${bench}/tsconfig.json`], { stdio: 'inherit' })
