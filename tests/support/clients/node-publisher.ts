import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { type CachedShareStatus, createdShareSchema } from '../../../lib/protocol/share.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { choosePieceLength } from '../../../lib/torrent/piece-length.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { noise, sha256File } from '../content/fixtures.ts'
import { publishedContent } from '../content/hosted-shares.ts'
import { postTorrent } from '../content/shares.ts'
import type { RunningServer } from '../server/test-server.ts'

const PIECE = 256 * 1024

/** One file of `length` bytes in `folder`, and its torrent. */
export async function contentIn(folder: string, length: number, seed: number) {
  const path = join(folder, `content-${seed}.bin`)
  writeFileSync(path, noise(length, seed))
  const { metainfo, torrent } = await publishedContent(basename(path), readFileSync(path), PIECE)
  return { path, torrent, metainfo }
}

/** A share that this process seeds. */
interface NodeShare {
  /** Its page. */
  readonly link: string
  readonly metainfo: Metainfo
  readonly ownerKey: string
  /** Bytes sent to others until now. */
  uploaded(): number
  /** People connected now. */
  peers(): number
  /** Nobody has it any more, until it is published again. */
  leave(): Promise<void>
}

/**
 * Publishes from this process as a tab does, over WebRTC, for tests of readers: it takes a tenth of the CPU time of a tab.
 * The server at `url` has the shares.
 */
export class NodePublisher {
  readonly engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** Publish a file or a folder; in pieces as a tab makes them, unless they are given a length in bytes. */
  async publish(path: string, pieceLength?: number): Promise<NodeShare> {
    const content = readContent(path)
    const all = content instanceof Uint8Array ? { [basename(path)]: content } : content
    const length = Object.values(all).reduce((sum, file) => sum + file.length, 0)
    const { files, metainfo, torrent } = await publishedContent(
      basename(path),
      content,
      pieceLength ?? choosePieceLength(length, Object.keys(all)),
    )
    const answer = await postTorrent(this.#url, torrent)
    const { share, ownerKey = '' } = createdShareSchema.parse(await answer.json())
    const network = {
      trackers: [`${this.#url.replace(/^http/, 'ws')}/announce`],
      iceServers: [],
      webSeeds: [],
    }
    const blobs = Object.values(files).map(bytes => new Blob([new Uint8Array(bytes)]))
    await this.engine.publish(metainfo, blobs, network)
    const now = () => {
      // Who subscribes gets the numbers of now.
      this.engine.subscribe(() => undefined)()
      return this.engine.getSwarm(metainfo.infoHash)
    }
    return {
      link: share.links.page,
      metainfo,
      ownerKey,
      uploaded: () => now()?.uploaded ?? 0,
      peers: () => now()?.peers.length ?? 0,
      leave: () => this.engine.leave(metainfo.infoHash),
    }
  }

  /** All shares together upload at most `rate` bytes a second; null: as fast as they can. */
  limit(rate: number | null): void {
    this.engine.setLimits(null, { upload: rate, download: null })
  }

  /** Leaves every share. */
  close(): Promise<void> {
    return this.engine.close()
  }
}

function readContent(path: string): Uint8Array | Record<string, Uint8Array> {
  if (statSync(path).isFile()) return readFileSync(path)
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(path, join(entry.parentPath, entry.name)))
    .sort()
  return Object.fromEntries(files.map(file => [file, readFileSync(join(path, file))]))
}

/** A published share of one file of `length` bytes in `folder`, seeded over WebRTC by this process as a tab would. */
export async function publishFromNode(url: string, folder: string, length: number, seed: number) {
  const { path } = await contentIn(folder, length, seed)
  const publisher = new NodePublisher(url)
  const { metainfo, ownerKey } = await publisher.publish(path, PIECE)
  return { engine: publisher.engine, metainfo, ownerKey, path, sha256: sha256File(path) }
}

/** Whether the server keeps a share. */
export async function keptBy(url: string, { infoHash }: Metainfo): Promise<CachedShareStatus> {
  return (await fetch(`${url}/api/shares/${infoHash}/kept`)).json() as Promise<CachedShareStatus>
}

/** Ask the server to keep a share, or (DELETE) to let go of it. */
export const askToKeep = (url: string, { infoHash }: Metainfo, ownerKey: string, method = 'PUT') =>
  fetch(`${url}/api/shares/${infoHash}/kept`, { method, headers: { authorization: `Bearer ${ownerKey}` } })

/** Process id of the server's seeder, from the newest line of the log that names it; NaN before there is one. */
export function seederPid(server: RunningServer): number {
  const lines = server.log().match(/"seederPid":(\d+)/g)
  return Number(lines?.at(-1)?.replace(/\D/g, '') ?? Number.NaN)
}
