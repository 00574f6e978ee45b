import { toAppError } from '../base/errors.ts'
import { isUnsupported, openOpfsStore } from '../storage/opfs/opfs-store.ts'
import { deleteStored } from '../storage/opfs/stored-shares.ts'
import { encodeInfo, encodeTorrent } from '../torrent/encode-torrent.ts'
import { parseMetainfo } from '../torrent/metainfo.ts'
import { type Finding, fail, pass } from './finding.ts'

const PIECE_BYTES = 65_536

/** Store a small download, open it again, compare its bytes and delete it. Rejects where there is no storage. */
export async function checkStorage(): Promise<Finding> {
  await navigator.storage.getDirectory()
  const bytes = crypto.getRandomValues(new Uint8Array(PIECE_BYTES))
  const metainfo = await metainfoOf(bytes)
  try {
    const store = await openOpfsStore(metainfo, [0])
    await store.write(0, bytes.slice()).finally(() => store.close())
    const again = await openOpfsStore(metainfo, [0])
    const read = await again.read(0, 0, PIECE_BYTES).finally(() => again.close())
    const isSame = read.every((byte, index) => byte === bytes[index])
    return isSame ? pass('storage') : fail('storageBroken')
  } catch (reason) {
    if (isUnsupported(reason)) throw reason
    return fail(toAppError(reason).code === 'storage_full' ? 'storageFull' : 'storageBroken')
  } finally {
    await deleteStored(metainfo.infoHash).catch(() => undefined)
  }
}

async function metainfoOf(bytes: Uint8Array<ArrayBuffer>) {
  const pieces = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes))
  const fields = { name: 'doctor', pieceLength: PIECE_BYTES, pieces, private: true, length: bytes.length }
  return parseMetainfo(encodeTorrent({ infoBytes: encodeInfo(fields), announceList: [] }))
}
