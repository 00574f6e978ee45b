import { encodeInfo } from '../torrent/encode-torrent.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { safeName, safePaths } from '../torrent/safe-paths.ts'
import { keyCheckOf } from './keys.ts'
import type { Manifest } from './manifest.ts'
import { isEncryptedName, outerName } from './outer-name.ts'
import type { EncryptedPlan } from './plan.ts'

/** Whether a metainfo is that of an encrypted share: one file with a name that says nothing. */
export const isEncrypted = ({
  singleFile,
  statedName,
}: Pick<Metainfo, 'singleFile' | 'statedName'>): boolean => singleFile && isEncryptedName(statedName)

/** The info dictionary of an encrypted share; `pieces` are the SHA-1 of its ciphertext. */
export async function encodeOuterInfo(
  { length, pieceLength }: EncryptedPlan,
  secret: Uint8Array<ArrayBuffer>,
  pieces: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return encodeInfo({
    name: outerName(await keyCheckOf(secret)),
    pieceLength,
    pieces,
    private: false,
    length,
  })
}

/**
 * The metainfo with the files that are inside, each where its bytes are in the ciphertext; head and tail belong to none. Info
 * hash, pieces and lengths are those of `outer`: what works on offsets works with it as it is, and reads ciphertext.
 */
export const openedMetainfo = (outer: Metainfo, manifest: Manifest): Metainfo => ({
  ...outer,
  ...filesInside(manifest),
})

/** Name and files inside; they are saved by the same rules as those of every share. */
export function filesInside({
  contentStart,
  files,
  name,
  singleFile,
}: Manifest): Pick<Metainfo, 'name' | 'statedName' | 'singleFile' | 'files'> {
  const safe = safePaths(files.map(({ path }) => ({ path, padding: false })))
  const savedName = safeName(name)
  return {
    name: savedName,
    statedName: name,
    singleFile,
    files: files.map(({ executable, length, modified, offset, path }, index) => ({
      path: singleFile ? [savedName] : (safe[index] ?? path),
      statedPath: path,
      length,
      offset: contentStart + offset,
      padding: false,
      executable,
      modified,
    })),
  }
}
