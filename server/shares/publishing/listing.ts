import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Config } from '../../config/config.ts'
import type { ShareStore } from '../share-store.ts'

export type ListingPolicy = Config['listed']

/** Whether a share is listed whose publisher asks for `chosen`; one that is private or encrypted never is. */
export function isListed(
  policy: ListingPolicy,
  chosen: boolean | undefined,
  content: { readonly private: boolean; readonly encrypted: boolean },
): boolean {
  return (
    !content.private && !content.encrypted && policy !== 'never' && (policy === 'always' || chosen === true)
  )
}

/** `store` as one in which nothing is listed, whatever was chosen before: what was is kept, for when the operator changes their mind. */
export function unlistedStore(store: ShareStore): ShareStore {
  const hide = <Item extends { readonly listed: boolean } | undefined>(item: Item): Item =>
    item && { ...item, listed: false }
  return {
    ...store,
    find: async infoHash => hide(await store.find(infoHash)),
    findBrief: async (infoHash, filesMax) => hide(await store.findBrief(infoHash, filesMax)),
    findText: async infoHash => {
      const found = await store.findText(infoHash)
      return found && { ...found, record: hide(found.record) }
    },
    update: async (infoHash, change, at) => hide(await store.update(infoHash, change, at)),
    standing: async infoHashes =>
      new Map([...(await store.standing(infoHashes)).keys()].map(infoHash => [infoHash, false])),
    listUnlisted: (): Promise<readonly InfoHash[]> => store.listInfoHashes(),
    summaries: async infoHashes => (await store.summaries(infoHashes)).map(hide),
    newestListed: async () => [],
  }
}
