import { createHash } from 'node:crypto'
import { infoHashOf } from '../../../lib/torrent/ids.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'

interface TestFile {
  /** Components joined by `/`, below the name. */
  readonly path: string
  readonly bytes: Uint8Array
  /** BEP 47. */
  readonly padding?: boolean
}

/**
 * The metainfo of a folder `name` with these files, or of one file of that name, as an engine without peers needs it:
 * there is no info dictionary in it.
 */
export function engineContent(name: string, content: Uint8Array | readonly TestFile[], pieceLength: number) {
  const singleFile = content instanceof Uint8Array
  const entries: readonly TestFile[] = singleFile ? [{ path: name, bytes: content }] : content
  const bytes = Buffer.concat(entries.map(entry => entry.bytes))
  const pieceCount = Math.ceil(bytes.length / pieceLength)
  const digests = Array.from({ length: pieceCount }, (_, piece) =>
    createHash('sha1')
      .update(bytes.subarray(piece * pieceLength, (piece + 1) * pieceLength))
      .digest(),
  )
  let offset = 0
  const files = entries.map(({ path, bytes: { length }, padding = false }) => {
    const file = {
      path: path.split('/'),
      statedPath: path.split('/'),
      length,
      offset,
      padding,
      executable: false,
      modified: null,
    }
    offset += length
    return file
  })
  const pieces = new Uint8Array(Buffer.concat(digests))
  const metainfo: Metainfo = {
    infoHash: infoHashOf(createHash('sha1').update(name).update(pieces).digest()),
    infoBytes: new Uint8Array(),
    name,
    pieceLength,
    pieceCount,
    pieces,
    length: bytes.length,
    files,
    singleFile,
    private: false,
    source: '',
    comment: '',
    createdBy: '',
    creationDate: null,
    announceList: [],
    webSeeds: [],
    statedName: name,
    irregularities: new Set(),
  }
  const served = entries.filter(({ padding }) => !padding)
  return {
    metainfo,
    bytes: new Uint8Array(bytes),
    /** The files a web seed serves, by path. */
    served: Object.fromEntries(
      served.map(entry => [singleFile ? name : `${name}/${entry.path}`, entry.bytes]),
    ),
  }
}
