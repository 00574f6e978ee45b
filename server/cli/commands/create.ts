import { randomUUID } from 'node:crypto'
import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { AppError } from '../../../lib/base/errors.ts'
import { PIECE_LENGTH_MAX, PIECE_LENGTH_MIN } from '../../../lib/torrent/layout.ts'
import { formatMagnet } from '../../../lib/torrent/magnet.ts'
import { checkPath } from '../../../lib/torrent/paths.ts'
import { type MadeTorrent, makeTorrent, planTorrent } from '../../node-engine/hashing/make-torrent.ts'
import { defineCommand, EXIT } from '../command.ts'
import { byteCount, flag, text, UsageError, urls, value, values, wholeNumber } from '../options.ts'
import { bytes, plural } from '../output.ts'
import { FIND_OPTIONS, findAll } from '../transfer/find.ts'
import { globMatcher } from '../transfer/glob.ts'
import { requireNotServed } from '../transfer/served-folder.ts'

/** `mktorrent`, with our defaults. */
export const create = defineCommand({
  name: 'create',
  summary: 'Make a .torrent of files and folders.',
  operands: 'PATH…',
  count: [1, Number.POSITIVE_INFINITY],
  options: {
    announce: values(
      'Trackers of one tier; each further -a is the next tier (BEP 12).',
      'URL[,URL…]',
      urls('http', 'https', 'udp', 'ws', 'wss'),
      { short: 'a' },
    ),
    attributes: flag('Write which files are programs, and when each was changed; part of the info hash.'),
    comment: value('A comment; not part of the info hash.', 'TEXT', text, { short: 'c' }),
    'no-date': flag('Write no creation date: the same files then give the same .torrent.', { short: 'd' }),
    exclude: values('Leave out files and folders whose name matches.', 'GLOB[,GLOB…]', globs, { short: 'e' }),
    ...FIND_OPTIONS,
    force: flag('Overwrite the output.', { short: 'f' }),
    'piece-length': value(
      'Bytes per piece: a power of two, or its exponent from 14 to 26. Default: chosen by size.',
      'N',
      pieceLength,
      { short: 'l' },
    ),
    name: value('Name of the content. Default: that of the file or folder.', 'NAME', contentName, {
      short: 'n',
    }),
    output: value('Where to write it. Default: NAME.torrent.', 'FILE', text, { short: 'o' }),
    private: flag('Peers from its trackers only (BEP 27).', { short: 'p' }),
    source: value('A source, which private trackers ask for; part of the info hash.', 'TEXT', text, {
      short: 's',
    }),
    threads: value('Hashing threads. Default: one per core.', 'N', wholeNumber(1, 256), { short: 't' }),
    verbose: flag('Name every file.', { short: 'v' }),
    'web-seed': values(
      'Where the content is available over HTTP (BEP 19).',
      'URL[,URL…]',
      urls('http', 'https', 'ftp'),
      { short: 'w' },
    ),
    'cross-seed': flag('Give it an info hash that no other torrent of these files has.', { short: 'x' }),
    junk: flag('Include system files such as .DS_Store and Thumbs.db.'),
  },
  notes: [
    'The options are those of mktorrent, and so is the info hash, with --follow-links also where there are links. Several paths go into one folder, called files unless -n names it.',
  ],
  examples: [
    ['tabseed create debian.iso', 'writes debian.iso.torrent here'],
    [
      'tabseed create -a https://share.example.org/announce -e "*.tmp" -o set.torrent holiday/',
      'a folder without its temporary files, with a tracker',
    ],
    ['tabseed create --json -d -p -s EXAMPLE -l 22 disk.img', 'for a private tracker, in pieces of 4 MiB'],
  ],
  async run({ operands, options, output, signal }) {
    const excluded = options.exclude.flat()
    const exclude = (name: string) => excluded.some(matches => matches(name))
    const { files, leftOut, renamed } = await findAll(operands, output, { ...options, exclude })
    const { length, name } = planTorrent(files, options)
    const path = resolve(options.output ?? `${name}.torrent`)
    // Checked before hashing too: that may take hours.
    await checkOutput(path, options)
    const progress = output.progress('hashing', length)
    const made = await makeTorrent(files, {
      signal,
      threads: options.threads,
      onProgress: done => progress.update(done),
      name: options.name,
      pieceLength: options['piece-length'],
      private: options.private,
      source: options.source,
      crossSeed: options['cross-seed'],
      junk: options.junk,
      attributes: options.attributes,
      announceList: options.announce,
      webSeeds: options['web-seed'].flat(),
      comment: options.comment,
      creationDate: options['no-date'] ? undefined : Math.floor(Date.now() / 1000),
    }).finally(() => progress.end())
    for (const { path } of made.plan.junk) output.note(`left out: ${path.join('/')}`)
    if (options.verbose) {
      for (const { file, path } of made.plan.files)
        output.note(`${bytes(file.size).padStart(9)}  ${path.join('/')}`)
    }
    await checkOutput(path, options)
    await writeWhole(path, made.torrent)
    const [lines, value] = report(path, made)
    output.result(lines, { ...value, leftOut, renamed })
    return EXIT.done
  },
})

function report(path: string, { metainfo, plan }: MadeTorrent): [string[], object] {
  const { announceList, infoHash, length, name, pieceCount, pieceLength, webSeeds } = metainfo
  const magnet = formatMagnet({
    infoHash,
    name,
    length,
    trackers: announceList.flat(),
    source: null,
    webSeeds,
  })
  const lines = [
    path,
    `info hash  ${infoHash}`,
    `content    ${plural(plan.files.length, 'file')}, ${bytes(length)}, ${plural(pieceCount, 'piece')} of ${pieceLength} bytes`,
  ]
  return [
    lines,
    { output: path, infoHash, name, length, files: plan.files.length, pieceLength, pieceCount, magnet },
  ]
}

/** Errors: `UsageError` if the output exists and `force` is off, or is a folder; `storage_failed` if it cannot be written; `folder_in_use`. */
async function checkOutput(path: string, { force }: { readonly force: boolean }): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory()) throw new UsageError(`${path} is a folder; --output must be a file`)
  if (found && !force) throw new UsageError(`${path} exists already; --force overwrites it`)
  const folder = dirname(resolve(path))
  // With the slash at the end it must be a folder.
  await access(`${folder}${sep}`, constants.W_OK).catch(cause => {
    throw new AppError('storage_failed', folder, { cause })
  })
  await requireNotServed(folder)
}

/**
 * Writes the whole file or nothing. Not `writeAtomic`: in the user's own folder `<path>.new` may be a file of theirs, or of
 * a second run, and the permissions are those of the umask. Errors: `storage_failed`.
 */
async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`
  try {
    await writeFile(unfinished, content, { flag: 'wx', flush: true })
    await rename(unfinished, path)
  } catch (cause) {
    throw new AppError('storage_failed', path, { cause })
  } finally {
    await rm(unfinished, { force: true }).catch(() => undefined)
  }
}

/** mktorrent's exponents, or bytes. */
function pieceLength(given: string): number {
  const number = byteCount(given)
  const length = number <= Math.log2(PIECE_LENGTH_MAX) ? 2 ** number : number
  if (Number.isInteger(Math.log2(length)) && length >= PIECE_LENGTH_MIN && length <= PIECE_LENGTH_MAX)
    return length
  throw new UsageError('must be a power of two from 16 KiB to 64 MiB, or its exponent from 14 to 26')
}

function globs(given: string) {
  return given
    .split(',')
    .filter(glob => glob !== '')
    .map(globMatcher)
}

function contentName(given: string): string {
  try {
    checkPath([given])
    return given
  } catch (error) {
    throw new UsageError(`cannot be a name: ${error instanceof AppError ? error.detail : error}`)
  }
}
