import { createHash } from 'node:crypto'
import { createdShareSchema } from '../../../lib/protocol/share.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'

/** A valid `.torrent` of one 100-byte file called `name`; different names give different info hashes. */
export function torrentNamed(name: string, comment?: string): Uint8Array<ArrayBuffer> {
  const pieces = createHash('sha1').update(name).digest()
  const infoBytes = encodeInfo({ name, pieceLength: 16_384, pieces, private: false, length: 100 })
  return encodeTorrent({ infoBytes, announceList: [], comment })
}

/** Publish a `.torrent` by its raw bytes and return the answer. */
export function postTorrent(url: string, torrent: Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(`${url}/api/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-bittorrent' },
    body: torrent,
  })
}

/** Publish a share called `name` and return it with its owner key. */
export async function publishNamed(url: string, name: string) {
  const response = await postTorrent(url, torrentNamed(name))
  const { share, ownerKey = '' } = createdShareSchema.parse(await response.json())
  return { share, ownerKey, infoHash: share.infoHash as InfoHash }
}

/** The same, listed. */
export async function publishListed(url: string, name: string) {
  const { share, ownerKey = '' } = await publishWith(url, name, { listed: true })
  return { share, ownerKey, infoHash: share.infoHash as InfoHash }
}

/** List a share, for its owner. */
export async function listShare(url: string, infoHash: InfoHash, ownerKey: string): Promise<void> {
  const answer = await fetch(`${url}/api/shares/${infoHash}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${ownerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ listed: true }),
  })
  if (!answer.ok) throw new Error(`not listed: ${answer.status}`)
}

/** Publish a share called `name` with words for people; the answer of the API. */
export async function publishWith(url: string, name: string, words: Record<string, unknown>) {
  const metainfo = Buffer.from(torrentNamed(name)).toString('base64')
  const response = await fetch(`${url}/api/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metainfo, ...words }),
  })
  return createdShareSchema.parse(await response.json())
}
