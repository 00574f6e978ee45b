import { lstatSync } from 'node:fs'
import type { LocalFile } from '../../node-engine/hashing/local-files.ts'
import type { PackedMetainfo } from '../../shares/metainfo/packed-metainfo.ts'
import type { HostedShare } from '../../web-seeds/hosted-shares.ts'

/** A share that is seeded from the publish folder; its files stay where the operator put them. */
export class LocalShare implements HostedShare {
  readonly complete = true
  readonly metainfo: PackedMetainfo
  readonly torrent: Uint8Array
  /** In metainfo order; null for padding (BEP 47). */
  readonly files: readonly (LocalFile | null)[]

  constructor(metainfo: PackedMetainfo, torrent: Uint8Array, files: readonly (LocalFile | null)[]) {
    this.metainfo = metainfo
    this.torrent = torrent
    this.files = files
  }

  /** Also null for a file that changed since it was hashed. */
  file(index: number): string | null {
    const known = this.files[index]
    const found = known && lstatSync(known.location, { throwIfNoEntry: false })
    const same = found?.size === known?.file.size && found?.mtimeMs === known?.file.modified
    return known && same ? known.location : null
  }

  touched(): void {}

  /** There is nobody to fetch it from. */
  damaged(): void {}
}
