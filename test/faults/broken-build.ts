import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DIST } from '../support/broker-process.ts'
import { makeFolder, removeFolder } from '../support/temp-folder.ts'

/** A mistake to be put into the built broker. */
export interface Breakage {
  /** Below `dist`. */
  readonly file: string
  /** Stands there once. */
  readonly find: string
  readonly replace: string
}

/** A copy of the build with a mistake in it, which runs its modules one by one; returns its folder and what removes it. */
export function breakBuild({ file, find, replace }: Breakage): { readonly dist: string, readonly remove: () => void } {
  const folder = makeFolder()
  const project = dirname(DIST)
  const dist = join(folder, 'dist')
  cpSync(DIST, dist, { recursive: true })
  cpSync(join(project, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
  const times = timesFound({ file, find })
  if (times !== 1) {
    removeFolder(folder)
    throw new Error(`"${find}" stands ${times} times in ${file}, not once: the breakage must follow the code`)
  }
  const path = join(dist, file)
  writeFileSync(path, readFileSync(path, 'utf8').split(find).join(replace))
  // the bundle was made of the module as it was
  writeFileSync(join(dist, 'bundle/main.js'), "import '../cli/main.js'\n")
  return { dist, remove: () => { removeFolder(folder) } }
}

/** How often the place of a mistake is in the build under test. */
export function timesFound({ file, find }: Pick<Breakage, 'file' | 'find'>): number {
  return readFileSync(join(DIST, file), 'utf8').split(find).length - 1
}
