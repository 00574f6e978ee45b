import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Locks of a server's data directory, and of its seeder's folder. */
const SERVER_LOCKS = ['tabseed.lock', 'seeder.lock']

/** Errors: `folder_in_use` when `folder` is in one that a running server writes. */
export async function requireNotServed(folder: string): Promise<void> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    for (const name of SERVER_LOCKS) {
      if (!existsSync(join(path, name))) continue
      // Loaded when there is one: it takes longer to load than all the rest of a short command.
      const { FolderLock } = await import('../../base/folder-lock.ts')
      FolderLock.requireFree(path, name)
    }
    if (dirname(path) === path) return
  }
}
