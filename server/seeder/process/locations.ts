import { openAsBlob } from 'node:fs'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'

/**
 * Files of a share that are on this machine, in metainfo order (null: padding). Null when one went meanwhile: the server is about
 * to learn it too, and asks again when it is back.
 */
export async function openLocations(
  metainfo: Metainfo,
  locations: readonly (string | null)[],
): Promise<readonly Blob[] | null> {
  const padding = (index: number) => new Blob([new Uint8Array(metainfo.files[index]?.length ?? 0)])
  const opened = locations.map(async (location, index) =>
    location === null ? padding(index) : await openAsBlob(location),
  )
  return Promise.all(opened).catch(() => null)
}
