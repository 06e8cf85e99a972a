// Loaded before the program: a system that has no watches left (inotify(7), ENOSPC).
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

fs.watch = (path) => {
  throw Object.assign(new Error(`ENOSPC: System limit for number of file watchers reached, watch '${String(path)}'`), { code: 'ENOSPC', syscall: 'watch' })
}
syncBuiltinESMExports()
