import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

interface FolderOptions {
  /** Permissions of each folder that is made. */
  readonly mode?: number
}

/**
 * Makes the folder at `path`, and those above it, unless it is there. Node's own `recursive` never ends where the kernel
 * answers ENOENT below a folder that exists (/proc). Errors: the file system's own.
 */
export async function makeFolder(path: string, options: FolderOptions = {}): Promise<void> {
  try {
    await mkdir(path, options)
  } catch (reason) {
    const { code } = reason as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await isFolder(path))) return
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path || (await isFolder(parent))) throw reason
    await makeFolder(parent, options)
    await makeFolder(path, options)
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    entry => entry.isDirectory(),
    () => false,
  )
