import { join } from 'node:path'
import { z } from 'zod'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { writeAtomic } from '../../base/atomic-write.ts'
import { FolderLock } from '../../base/folder-lock.ts'
import { createLog } from '../../base/log.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { readState } from '../../base/read-state.ts'
import { userStateFolder } from '../transfer/own-stores.ts'

/** Another `tabseed` writes for a moment only. */
const LOCK_LIMIT_MS = 5_000

const keySchema = z.object({
  /** Origins by which the server was reached, and by which it calls itself. */
  origins: z.array(z.string()),
  infoHash: z.string(),
  ownerKey: z.string(),
})
const fileSchema = z.object({ shares: z.array(keySchema) })
type Keys = z.infer<typeof fileSchema>['shares']

/** A share of a server. */
interface KeptShare {
  readonly origin: string
  readonly infoHash: InfoHash
}

/**
 * The owner keys of what this user published, in a file that only they can read: `tabseed/owner-keys.json` in
 * `XDG_STATE_HOME` (XDG Base Directory Specification), by default `~/.local/state`.
 */
export class OwnerKeys {
  readonly #folder: string
  /** Called with a line when the file is damaged and was put aside. */
  readonly #onDamage: (line: string) => void

  constructor(env: NodeJS.ProcessEnv, onDamage: (line: string) => void) {
    this.#folder = userStateFolder(env)
    this.#onDamage = onDamage
  }

  get path(): string {
    return join(this.#folder, 'owner-keys.json')
  }

  /** Errors: the file system's own. */
  find({ infoHash, origin }: KeptShare): string | undefined {
    return this.#read().find(isOf({ infoHash, origin }))?.ownerKey
  }

  /** Keeps a key, instead of an earlier one of the same share. Errors: the file system's own, `folder_in_use`. */
  async keep(infoHash: InfoHash, ownerKey: string, origins: readonly string[]): Promise<void> {
    await this.#change(shares => [
      ...shares.filter(share => !origins.some(origin => isOf({ infoHash, origin })(share))),
      { origins: [...new Set(origins)], infoHash, ownerKey },
    ])
  }

  /** Errors: the file system's own, `folder_in_use`. */
  async forget(share: KeptShare): Promise<void> {
    if (this.find(share) === undefined) return
    await this.#change(shares => shares.filter(other => !isOf(share)(other)))
  }

  async #change(change: (shares: Keys) => Keys): Promise<void> {
    await makeFolder(this.#folder, { mode: 0o700 })
    const lock = await FolderLock.takeSoon(this.#folder, 'owner-keys.lock', LOCK_LIMIT_MS)
    try {
      const shares = change(this.#read())
      await writeAtomic(this.path, `${JSON.stringify({ shares }, null, 1)}\n`)
    } finally {
      lock.remove()
    }
  }

  #read(): Keys {
    const log = createLog('error', line => {
      const { file, keptAs } = JSON.parse(line)
      this.#onDamage(`${file} is damaged; it is ${keptAs} now`)
    })
    return readState(this.path, fileSchema, log)?.shares ?? []
  }
}

const isOf =
  ({ infoHash, origin }: KeptShare) =>
  (share: Keys[number]): boolean =>
    share.infoHash === infoHash && share.origins.includes(origin)
