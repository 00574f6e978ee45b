import { openAsBlob } from 'node:fs'
import { open, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '../../../lib/base/errors.ts'
import { xorContent } from '../../../lib/encryption/cipher.ts'
import { deriveKeys } from '../../../lib/encryption/keys.ts'
import { HealStore } from '../../../lib/heal/heal-store.ts'
import { contentOf, type LocalCopy } from '../../../lib/heal/local-copy.ts'
import { type PieceSource, pieceSize } from '../../../lib/storage/piece-store.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { hasPiece, piecesOf } from '../../../lib/torrent/piece-map.ts'
import { FolderLock } from '../../base/folder-lock.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { toDiskError } from '../../node-engine/disk-error.ts'
import { openFileStore } from '../../node-engine/file-store.ts'
import type { LocalFile } from '../../node-engine/hashing/local-files.ts'
import { defineCommand, EXIT } from '../command.ts'
import { KEY_OPTIONS } from '../encryption/key-input.ts'
import { openSource } from '../encryption/open-source.ts'
import { flag, text, UsageError, value } from '../options.ts'
import { bytes, plural } from '../output.ts'
import { type CheckedCopy, contentAt, isRight, linesOf, verifyCopy } from '../transfer/copy-report.ts'
import { exists } from '../transfer/download-folder.ts'
import { IDLE_OPTION, whileBytesCome } from '../transfer/fetching.ts'
import { requireNotServed } from '../transfer/served-folder.ts'
import { requireSources, resolveSource, SOURCE_OPERAND } from '../transfer/source.ts'
import { openEngine, SWARM_OPTIONS } from '../transfer/swarm.ts'
import { SwarmStatus } from '../transfer/swarm-status.ts'

/** Folder beside the copy for pieces that are fetched and not written yet. */
const PATCHES = '.tabseed-repair'

/** Repair a copy; only the pieces that are wrong are fetched. */
export const repair = defineCommand({
  name: 'repair',
  summary: 'Check files against their .torrent and fetch only the pieces that are bad or missing.',
  operands: 'PATH',
  count: [1, 1],
  options: {
    torrent: value('What the files should be.', SOURCE_OPERAND, text, { short: 't' }),
    force: flag('Overwrite files even if no piece of them is right.'),
    'idle-timeout': IDLE_OPTION,
    ...KEY_OPTIONS,
    ...SWARM_OPTIONS,
  },
  notes: [
    'PATH is the file or folder that the .torrent describes, or the folder that contains it. Files are repaired in place once all missing pieces are fetched: bad pieces are overwritten, missing files are created, and files that are too long are cut. It may be stopped or killed at any moment and loses nothing; run it again to continue.',
  ],
  examples: [
    ['tabseed repair image.iso --torrent image.iso.torrent', 'fetches its bad pieces only'],
    [
      'tabseed repair /srv/set -t https://share.example.org/d/0123456789abcdef0123456789abcdef01234567',
      'against a share',
    ],
  ],
  async run({ operands: [path = ''], options, output, signal }) {
    const source = options.torrent
    if (source === undefined) throw new UsageError(`it needs --torrent ${SOURCE_OPERAND}`)
    return whileBytesCome(options['idle-timeout'], signal, async ({ fetchAll, until }) => {
      const engine = openEngine(options, output)
      try {
        const found = await resolveSource(source, engine, options, until)
        const { network } = found
        const metainfo = await openSource(source, found, engine, options, until)
        if (!exists(path)) throw new AppError('file_unreadable', path)
        const root = await contentAt(path, metainfo)
        const before = await verifyCopy(metainfo, root, output, signal)
        if (isRight(before.report)) {
          output.result(linesOf(before.report), { ...before.report, fetched: 0 })
          return EXIT.done
        }
        const { bad, good, missing } = before.report.pieces
        if (good === 0 && !options.force) {
          throw new AppError('copy_unrelated', `none of ${plural(metainfo.pieceCount, 'piece')} is right`)
        }
        output.note(`${plural(good, 'piece')} good, ${bad} bad, ${missing} missing`)

        requireSources(network, options)
        const patches = join(dirname(root), PATCHES)
        await requireNotServed(dirname(root))
        await makeFolder(patches)
        const lock = FolderLock.take(patches, `${metainfo.infoHash}.lock`)
        const store = new HealStore({
          metainfo,
          content: contentOf(metainfo, await asBlobs(before.copy)),
          good: before.checked.good,
          // No file is selected, so each piece is stored in a file of its own.
          patch: await openFileStore(metainfo, [], patches),
          ownsPatch: true,
          onCopyChanged: () => undefined,
        })
        await engine.join(metainfo, [...metainfo.files.keys()], network, store)
        const status = new SwarmStatus(output, { name: metainfo.name, place: root })
        const { fromPeers, fromWebSeeds } = await fetchAll(engine, metainfo.infoHash, status)
        // Nothing is uploaded from a file while it changes.
        await engine.leave(metainfo.infoHash)
        const patch = await openFileStore(metainfo, [], patches)
        await writePieces(metainfo, before, patch, root)
        const { report } = await verifyCopy(metainfo, root, output, signal)
        const fetched = fromPeers + fromWebSeeds
        output.result([...linesOf(report), `fetched ${bytes(fetched)}`], { ...report, fetched })
        await (isRight(report) ? patch.destroy() : patch.close())
        lock.remove()
        await rmdir(patches).catch(() => undefined)
        return isRight(report) ? EXIT.done : EXIT.failed
      } finally {
        await engine.close()
      }
    })
  },
})

/** The files of a copy as Blobs, by reference. Errors: `file_unreadable`. */
async function asBlobs({ files, ...copy }: LocalCopy<LocalFile>): Promise<LocalCopy<BlobFile>> {
  const opened = files.map(async local => {
    if (!local) return null
    const { location, path } = local.picked
    const file = await openAsBlob(location).catch(cause => {
      throw new AppError('file_unreadable', location, { cause })
    })
    return { ...local, picked: { path, file } }
  })
  return { ...copy, files: await Promise.all(opened), extra: [] }
}

interface BlobFile {
  readonly path: readonly string[]
  readonly file: Blob
}

/**
 * Overwrites bad pieces, creates missing files and cuts files that are too long. A kill in between leaves every piece as
 * it was or right. Errors: `storage_full`, `storage_failed`.
 */
async function writePieces(
  metainfo: Metainfo,
  { checked, copy }: CheckedCopy,
  patch: PieceSource,
  root: string,
): Promise<void> {
  const { pieceLength, sealed } = metainfo
  const keys = sealed && (await deriveKeys(sealed.job.root))
  const contentStart = sealed?.job.head.length ?? 0
  for (const [index, file] of metainfo.files.entries()) {
    if (file.padding) continue
    const found = copy.files[index]?.picked
    const range = piecesOf(file, pieceLength) ?? { first: 0, last: -1 }
    const count = range.last - range.first + 1
    const bad = Array.from({ length: count }, (_, at) => range.first + at).filter(
      piece => !hasPiece(checked.good, piece),
    )
    if (bad.length === 0 && found?.file.size === file.length) continue
    const place = found?.location ?? join(topOf(metainfo, copy, root), ...file.path)
    await makeFolder(dirname(place))
    const target = await open(place, found ? 'r+' : 'wx+').catch(rethrow)
    try {
      for (const piece of bad) {
        const bytes = await patch.read(piece, 0, pieceSize(metainfo, piece))
        const start = piece * pieceLength
        const from = Math.max(start, file.offset)
        const fetched = bytes.subarray(from - start, file.offset + file.length - start)
        const part = keys ? await xorContent(keys, from - contentStart, fetched) : fetched
        await target.write(part, 0, part.length, from - file.offset)
      }
      await target.truncate(file.length)
      await target.sync()
    } catch (reason) {
      rethrow(reason)
    } finally {
      await target.close()
    }
  }
}

/** The folder that contains the files of the share, or will. */
function topOf({ singleFile }: Metainfo, { base }: LocalCopy<LocalFile>, root: string): string {
  if (base === null || singleFile) return root
  return join(dirname(resolve(root)), ...base)
}

function rethrow(reason: unknown): never {
  throw toDiskError(reason)
}
