// dist/bundle/: the command in few files, which is what users run. Node spends most of a start finding and compiling
// modules, some five hundred of them; those in dist/ stay beside it, for tests that import or break a single one.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = `${root}dist/bundle`

/**
 * What stays in node_modules: the log loads files of its own by their names, the store in memory may not be installed, and
 * with the packages of MQTT in it too a message cost a sixth to a third more CPU than module by module; why is not known.
 */
const OUTSIDE = /^(?:node:|pino(?:-pretty)?$|js-redis-server|aedes$|mqtt-packet$)/

const bundle = await rolldown({
  cwd: root,
  input: { main: 'src/cli/main.ts' },
  platform: 'node',
  external: OUTSIDE,
  onLog(level, { message }) {
    if (level === 'warn') throw new Error(`the bundle: ${message}`)
  },
})
// A chunk for each subcommand and for what several share. Not minified: a stack trace is to name functions that can be found.
const { output } = await bundle.write({ dir: folder, format: 'esm', sourcemap: true, entryFileNames: '[name].js', chunkFileNames: '[name].js' })
await bundle.close()
chmodSync(`${folder}/main.js`, 0o755)
writeFileSync(`${folder}/LICENSES.txt`, packagesIn(output).map(noticeOf).join('\n'))

/** Folders of the packages that code was taken from. */
function packagesIn(files) {
  const modules = files.flatMap(file => file.type === 'chunk' ? file.moduleIds : [])
  const found = modules.flatMap(id => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? [])
  return [...new Set(found)].sort((one, other) => one.localeCompare(other, 'en'))
}

/** The licence of a package, which its code is to be passed on with. */
function noticeOf(path) {
  const { name, version, license } = JSON.parse(readFileSync(`${path}/package.json`, 'utf8'))
  const file = readdirSync(path).find(each => /^licen[cs]e/i.test(each))
  const text = file === undefined ? 'its package has no text of it' : readFileSync(`${path}/${file}`, 'utf8').trim()
  return `${name} ${version}: ${license}\n\n${text}\n\n`
}
