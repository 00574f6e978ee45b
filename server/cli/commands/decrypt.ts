import { mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '../../../lib/base/errors.ts'
import { HEADER_BYTES, readHeader } from '../../../lib/encryption/header.ts'
import { deriveKeys } from '../../../lib/encryption/keys.ts'
import { type Manifest, openHead, requireKey } from '../../../lib/encryption/manifest.ts'
import { filesInside } from '../../../lib/encryption/outer.ts'
import { type CipherSource, readVerified } from '../../../lib/encryption/verified-read.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { defineCommand, EXIT } from '../command.ts'
import { type ReadBytes, withBytesOf, writeChecked } from '../encryption/decrypt-file.ts'
import { KEY_OPTIONS, readKey, type Unlocked } from '../encryption/key-input.ts'
import { text, value } from '../options.ts'
import { type Output, plural } from '../output.ts'
import { exists, setAttributes } from '../transfer/download-folder.ts'

/** Decrypt what another program fetched. */
export const decrypt = defineCommand({
  name: 'decrypt',
  summary: 'Decrypt the file of an encrypted share that another program fetched, such as aria2c or curl.',
  operands: 'PATH',
  count: [1, 1],
  options: {
    output: value('Where to save the files. Default: beside PATH.', 'FOLDER', text, { short: 'o' }),
    ...KEY_OPTIONS,
  },
  notes: [
    'PATH is the file called encrypted-….tabseed, which stays as it is. Every byte is checked before it is written; nothing appears in FOLDER until all of it is right.',
  ],
  examples: [
    [
      'tabseed decrypt encrypted-1a2b3c4d.tabseed --key "https://share.example.org/d/0123456789abcdef0123456789abcdef01234567#AQAB…"',
      'with the link that came with it',
    ],
    ['tabseed decrypt encrypted-1a2b3c4d.tabseed --key AQAB… -o /srv', 'with the part behind the #'],
  ],
  async run({ operands: [path = ''], options, output, signal }) {
    const key = await readKey('', options)
    if (key === null) throw new AppError('key_missing', path)
    const found = await stat(path).catch(cause => {
      throw new AppError('file_unreadable', path, { cause })
    })
    const parent = resolve(options.output ?? dirname(path))
    return withBytesOf(path, 0, async read => {
      const source = { ...(await openFile(read, found.size, key)), read }
      const { files, name, singleFile } = filesInside(source.manifest)
      const target = join(parent, name)
      if (exists(target)) throw new AppError('file_differs', target)
      await makeFolder(parent)
      const scratch = await mkdtemp(join(parent, '.tabseed-decrypt-'))
      try {
        const progress = output.progress('decrypting', source.manifest.contentLength)
        let done = 0
        const onBytes = (bytes: number) => {
          done += bytes
          progress.update(done)
        }
        for (const [index, { executable, modified, path }] of files.entries()) {
          const place = singleFile ? join(scratch, name) : join(scratch, name, ...path)
          await makeFolder(dirname(place))
          await writeChecked(counted(source, index, onBytes, signal), place)
          await setAttributes(place, executable, modified)
        }
        progress.end()
        // Somebody may have made one meanwhile.
        if (exists(target)) throw new AppError('file_differs', target)
        await rename(join(scratch, name), target)
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
      report(source.manifest, target, output)
      return EXIT.done
    })
  },
})

/** Errors: `key_wrong`, `content_forged`. */
async function openFile(read: ReadBytes, length: number, { root, secret }: Unlocked) {
  // Of the metainfo, which is not here, the piece length would say no more than that the content begins with one.
  const outer = { length, pieceLength: 1 }
  const header = readHeader(await read(0, Math.min(length, HEADER_BYTES)), outer)
  await requireKey(header, secret)
  const keys = await deriveKeys(root)
  return { keys, manifest: await openHead(await read(0, header.contentStart), { keys, secret }, outer) }
}

async function* counted(
  source: CipherSource,
  index: number,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
) {
  for await (const part of readVerified(source, index, 0, source.manifest.files[index]?.length ?? 0)) {
    if (signal.aborted) throw new AppError('cancelled')
    onBytes(part.length)
    yield part
  }
}

function report({ contentLength, description, files, title }: Manifest, path: string, output: Output): void {
  if (title !== '') output.note(title)
  output.note(`${plural(files.length, 'file')} decrypted`)
  output.result([path], { path, length: contentLength, files: files.length, title, description })
}
