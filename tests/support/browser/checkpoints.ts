import type { Page } from 'playwright-core'
import { parseLinkKey } from '../../../lib/encryption/link-key.ts'

/** What an interrupted attempt left in this browser. */
export interface SavedKey {
  readonly name: string
  readonly secret: string
  readonly pieces: number
  readonly savedAt: number
}

/** All checkpoints of encrypted shares, the newest first. `spoil`: their digests become wrong. */
export const checkpoints = (page: Page, spoil = false): Promise<SavedKey[]> =>
  page.evaluate(async spoils => {
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    const database = await settled(indexedDB.open('tabseed-hashing'))
    const store = database.transaction('checkpoints', 'readwrite').objectStore('checkpoints')
    const [keys, values] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())])
    if (spoils)
      for (const [at, value] of values.entries()) {
        value.digests.fill(1)
        await settled(store.put(value, keys[at]))
      }
    database.close()
    const all = values.map(({ digests, savedAt, sealed }, at) => ({
      savedAt: Number(savedAt),
      name: String(keys[at]),
      secret: String(sealed.key.secret),
      pieces: digests.length / 20,
    }))
    return all.sort((a, b) => b.savedAt - a.savedAt)
  }, spoil)

/** The secret in the link of the page, to compare. */
export const secretIn = (page: Page) => String(parseLinkKey(new URL(page.url()).hash).secret)
