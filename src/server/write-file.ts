import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, chmod, chown, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Puts other bytes in the place of those of a file, as one step: who reads it meanwhile gets either.
 * Its mode, and links that lead to it, stay. False, and nothing is done, if it does not hold `before`
 * any more. Rejects like `fs`.
 */
export async function replaceFile(name: string, { before, after }: { readonly before: Buffer, readonly after: Buffer }): Promise<boolean> {
  const path = await realpath(name)
  await access(path, constants.W_OK)
  const { mode, uid, gid } = await stat(path)
  // Hidden, so that no pattern takes it for a rules file.
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  try {
    const file = await open(beside, 'wx', mode)
    try {
      await file.writeFile(after)
      await file.sync()
    } finally {
      await file.close()
    }
    // What the process masks is a bit of the file's all the same.
    await chmod(beside, mode)
    await chown(beside, uid, gid).catch(() => undefined)
    if (!(await readFile(path)).equals(before)) {
      await unlink(beside)
      return false
    }
    await rename(beside, path)
    return true
  } catch (error) {
    await unlink(beside).catch(() => undefined)
    throw error
  }
}
