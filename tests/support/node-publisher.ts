import { createHash } from 'node:crypto'
import { openAsBlob, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SwarmEngine } from '../../lib/engine/engine.ts'
import { createdShareSchema, type Kept } from '../../lib/protocol/share.ts'
import { encodeInfo, encodeTorrent, type Metainfo, parseMetainfo } from '../../lib/torrent/metainfo.ts'
import { nodeClientOptions } from '../../server/node-engine/client-options.ts'
import { noise, sha256File } from './content/fixtures.ts'
import { postTorrent } from './content/shares.ts'
import type { TestServer } from './server/test-server.ts'

const PIECE = 256 * 1024

/** A published share of one file of `length` bytes in `folder`, seeded over WebRTC by this process as a tab would. */
export async function publishFromNode(url: string, folder: string, length: number, seed: number) {
  const path = join(folder, `content-${seed}.bin`)
  const content = noise(length, seed)
  writeFileSync(path, content)
  const digests = Array.from({ length: Math.ceil(length / PIECE) }, (_, index) =>
    createHash('sha1')
      .update(content.subarray(index * PIECE, (index + 1) * PIECE))
      .digest(),
  )
  const info = {
    name: basename(path),
    pieceLength: PIECE,
    pieces: Buffer.concat(digests),
    private: false,
    length,
  }
  const torrent = encodeTorrent({ infoBytes: encodeInfo(info), announceList: [] })
  const metainfo = await parseMetainfo(torrent)
  const { ownerKey = '' } = createdShareSchema.parse(await (await postTorrent(url, torrent)).json())
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  const network = { trackers: [`${url.replace(/^http/, 'ws')}/announce`], iceServers: [], webSeeds: [] }
  await engine.publish(metainfo, [await openAsBlob(path)], network)
  return { engine, metainfo, ownerKey, path, sha256: sha256File(path) }
}

/** Whether the server keeps a share. */
export async function keptBy(url: string, { infoHash }: Metainfo): Promise<Kept> {
  return (await fetch(`${url}/api/shares/${infoHash}/kept`)).json() as Promise<Kept>
}

/** Ask the server to keep a share, or (DELETE) to let go of it. */
export const askToKeep = (url: string, { infoHash }: Metainfo, ownerKey: string, method = 'PUT') =>
  fetch(`${url}/api/shares/${infoHash}/kept`, { method, headers: { authorization: `Bearer ${ownerKey}` } })

/** Process id of the server's seeder, from the newest line of the log that names it; NaN before there is one. */
export function seederPid(server: TestServer): number {
  const lines = server.stderr().match(/"seederPid":(\d+)/g)
  return Number(lines?.at(-1)?.replace(/\D/g, '') ?? Number.NaN)
}
