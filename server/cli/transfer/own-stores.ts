import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { writeAtomic } from '../../base/atomic-write.ts'
import { makeFolder } from '../../base/make-folder.ts'

const KEY = /^[0-9a-f]{64}$/

/** `tabseed` in `XDG_STATE_HOME` (XDG Base Directory Specification), by default in `~/.local/state`; absolute paths only. */
export function userStateFolder(env: NodeJS.ProcessEnv): string {
  const state = env['XDG_STATE_HOME']?.startsWith('/') ? env['XDG_STATE_HOME'] : undefined
  return join(state ?? join(homedir(), '.local', 'state'), 'tabseed')
}

/**
 * Which stores of unfinished downloads this user's own `tabseed` made. Anybody's files may lie where one is looked for, and a
 * checkpoint in them would be believed: so each has a mark beside it, a digest with a key that only the user can read.
 */
export class OwnStores {
  readonly #stateFolder: string

  constructor(stateFolder: string) {
    this.#stateFolder = stateFolder
  }

  /** Whether the store of a share in `folder` has our mark. False where that cannot be determined. */
  async has(folder: string, infoHash: InfoHash): Promise<boolean> {
    try {
      const key = await this.#read()
      const mark = await readFile(markOf(folder, infoHash), 'utf8')
      const expected = key && (await digest(key, folder, infoHash))
      return expected?.length === mark.length && timingSafeEqual(Buffer.from(mark), Buffer.from(expected))
    } catch {
      return false
    }
  }

  /** Marks the store of a share in `folder` as ours. Where that fails, it is read once more the next time. */
  async mark(folder: string, infoHash: InfoHash): Promise<void> {
    try {
      const key = (await this.#read()) ?? (await this.#make())
      await writeAtomic(markOf(folder, infoHash), await digest(key, folder, infoHash))
    } catch {
      // The state folder cannot be written.
    }
  }

  async #read(): Promise<string | null> {
    const key = await readFile(this.#path, 'utf8').catch(() => '')
    return KEY.test(key) ? key : null
  }

  async #make(): Promise<string> {
    await makeFolder(this.#stateFolder, { mode: 0o700 })
    const key = randomBytes(32).toString('hex')
    await writeAtomic(this.#path, key)
    return key
  }

  get #path(): string {
    return join(this.#stateFolder, 'store-key')
  }
}

/** The mark's file, in the folder of unfinished downloads. */
export const markOf = (folder: string, infoHash: InfoHash): string => join(folder, `${infoHash}.own`)

const digest = async (key: string, folder: string, infoHash: InfoHash): Promise<string> =>
  createHmac('sha256', key)
    .update(`${await realpath(folder)}\n${infoHash}`)
    .digest('hex')
