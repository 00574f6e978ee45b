import { resolve } from 'node:path'
import { AppError } from '../../../lib/base/errors.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { defineCommand, EXIT } from '../command.ts'
import { KEY_OPTIONS } from '../encryption/key-input.ts'
import { openSource } from '../encryption/open-source.ts'
import { flag, text, UsageError, type Values, value, values } from '../options.ts'
import { type Output, plural } from '../output.ts'
import { DownloadFolder } from '../transfer/download-folder.ts'
import { IDLE_OPTION, whileBytesCome } from '../transfer/fetching.ts'
import { selectFiles, visibleFiles } from '../transfer/file-choice.ts'
import { checkPlaces } from '../transfer/places.ts'
import { hasGoal, SEEDING_OPTIONS, seedUntilGoal } from '../transfer/seeding.ts'
import { requireSources, resolveSource, SOURCE_OPERAND } from '../transfer/source.ts'
import { openEngine, SWARM_OPTIONS } from '../transfer/swarm.ts'
import { SwarmStatus } from '../transfer/swarm-status.ts'
import { repair } from './repair.ts'

/** Download a share. */
export const get = defineCommand({
  name: 'get',
  summary: 'Download a share; run again, it continues where it stopped.',
  operands: SOURCE_OPERAND,
  count: [1, 1],
  options: {
    output: value('Where to save it. Default: the current folder.', 'FOLDER', text, { short: 'o' }),
    file: values(
      'Only these files: their number in `tabseed show`, or a pattern for path or name; may be repeated.',
      'N|PATTERN',
      text,
      { short: 'f' },
    ),
    repair: flag('Repair files that exist already and differ: fetch only what is wrong in them.'),
    overwrite: flag('Replace files that exist already and differ.'),
    'idle-timeout': IDLE_OPTION,
    ...KEY_OPTIONS,
    ...SEEDING_OPTIONS,
    ...SWARM_OPTIONS,
  },
  notes: [
    'An encrypted share needs its whole link, with the part behind the #: quote it for the shell. Its files are decrypted and checked when they are complete.',
    'It ends when the download is complete, unless --ratio or --seed-time ask it to seed until then.',
    'Unfinished downloads are in .tabseed below FOLDER; every piece is checked against its hash. Files that exist already are checked: those that are right are left as they are, and those that differ stop it, unless --repair or --overwrite say what to do.',
  ],
  examples: [
    ['tabseed get https://share.example.org/d/0123456789abcdef0123456789abcdef01234567', 'saves it here'],
    ['tabseed get -o /srv debian.torrent', 'what a .torrent names, in /srv'],
    [
      'tabseed get --file "*.iso" --ratio 1 "magnet:?xt=urn:btih:…"',
      'some files; uploads as much as it downloads',
    ],
  ],
  run: ({ operands: [source = ''], options, output, signal }) =>
    whileBytesCome(options['idle-timeout'], signal, async ({ fetchAll, until }) => {
      if (options.repair && options.overwrite) throw new UsageError('--repair or --overwrite, not both')
      const engine = openEngine(options, output)
      try {
        const found = await resolveSource(source, engine, options, until)
        const { network } = found
        const metainfo = await openSource(source, found, engine, options, until)
        const { files: entries, infoHash, name } = metainfo
        const folder = new DownloadFolder(metainfo, resolve(options.output ?? '.'))
        const selected = selectFiles(metainfo, options.file)
        noteRenamed(metainfo, folder, output)
        await folder.finishMove()
        const present = folder.present(selected)
        const { right, wrong } = await checkPlaces(metainfo, folder, present, output, until)
        if (wrong.length > 0) {
          if (options.repair) {
            // The repair opens an engine of its own, perhaps on the same port.
            await engine.close()
            return await repairInPlace(source, folder.target, options, output, signal)
          }
          if (!options.overwrite) throw differs(folder, wrong)
        }
        const done = new Set(right)
        const missing = selected.filter(index => !done.has(index))
        const wholeShare = selected.length === visibleFiles(metainfo).length
        let uploaded = 0
        if (missing.length > 0) {
          requireSources(network, options)
          const status = new SwarmStatus(output, { name, place: folder.target })
          await engine.join(metainfo, missing, network, await folder.open(missing))
          uploaded = (await fetchAll(engine, infoHash, status)).uploaded
          // A part of the share can be seeded only from the store.
          if (!wholeShare && hasGoal(options)) await seedUntilGoal(engine, infoHash, options, signal, status)
          await engine.leave(infoHash)
          await folder.moveOut(missing, wrong)
        }
        if (wholeShare && missing.length > 0 && hasGoal(options)) {
          const about = { name, place: folder.target, uploadedBefore: uploaded }
          await engine.publish(metainfo, await folder.blobs(), network)
          await seedUntilGoal(engine, infoHash, options, signal, new SwarmStatus(output, about))
        }
        const files = selected.map(index => folder.place(index))
        const length = selected.reduce((sum, index) => sum + (entries[index]?.length ?? 0), 0)
        output.result([folder.target], { infoHash, path: folder.target, length, files })
        return EXIT.done
      } finally {
        await engine.close()
      }
    }),
})

/** Lists the files that are saved under another name, once. */
function noteRenamed(
  { files, name, singleFile, statedName }: Metainfo,
  folder: DownloadFolder,
  output: Output,
) {
  if (name !== statedName) output.note(`${statedName} is saved as ${folder.target}`)
  if (singleFile) return
  const renamed = [...files.entries()].filter(
    ([, { padding, path, statedPath }]) => !padding && path !== statedPath,
  )
  const [first] = renamed
  if (!first) return
  const others =
    renamed.length > 1 ? `, and ${plural(renamed.length - 1, 'other file')} under another name` : ''
  output.note(`${first[1].statedPath.join('/')} is saved as ${folder.place(first[0])}${others}`)
}

function differs(folder: DownloadFolder, wrong: readonly number[]): AppError {
  const [first = 0] = wrong
  const others = wrong.length > 1 ? ` and ${plural(wrong.length - 1, 'other file')}` : ''
  return new AppError('file_differs', `${folder.place(first)}${others}`)
}

/** Fetches only the bad pieces of the whole share at `path`. */
async function repairInPlace(
  source: string,
  path: string,
  options: Values<typeof SWARM_OPTIONS> &
    Values<typeof KEY_OPTIONS> & { readonly 'idle-timeout': number | undefined },
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const call = { operands: [path], options: { ...options, torrent: source, force: true }, output, signal }
  return (await repair.run(call)) ?? EXIT.done
}
