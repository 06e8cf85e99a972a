import { makeFolder, removeFolder } from './temp-folder.ts'

/** Brokers of the tests are registered in a folder of their own: no test sees a broker of whoever runs it, nor the other way round. */
export function setup(): () => void {
  const folder = makeFolder()
  const before = process.env['XDG_RUNTIME_DIR']
  // the processes that run the tests inherit it, and their brokers
  process.env['XDG_RUNTIME_DIR'] = folder
  return () => {
    if (before === undefined) delete process.env['XDG_RUNTIME_DIR']
    else process.env['XDG_RUNTIME_DIR'] = before
    removeFolder(folder)
  }
}
