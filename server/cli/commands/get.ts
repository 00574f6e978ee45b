import { resolve } from 'node:path'
import { defineCommand, EXIT } from '../command.ts'
import { text, UsageError, value, values } from '../options.ts'
import { DownloadFolder } from '../transfer/download-folder.ts'
import { IDLE_OPTION, whileBytesCome } from '../transfer/fetching.ts'
import { selectFiles } from '../transfer/file-choice.ts'
import { hasGoal, SEEDING_OPTIONS, seedUntilGoal } from '../transfer/seeding.ts'
import { openEngine, resolveSource, SWARM_OPTIONS } from '../transfer/swarm.ts'
import { SwarmStatus } from '../transfer/swarm-status.ts'

/** Fetch a share. */
export const get = defineCommand({
  name: 'get',
  summary: 'Download a share; run again, it goes on where it was stopped.',
  operands: 'LINK|MAGNET|FILE.torrent',
  count: [1, 1],
  options: {
    output: value('Where to save it; here without.', 'FOLDER', text, { short: 'o' }),
    file: values(
      'Only these files: their number in `tabseed show`, or a pattern for path or name; may be repeated.',
      'N|PATTERN',
      text,
      { short: 'f' },
    ),
    'idle-timeout': IDLE_OPTION,
    ...SEEDING_OPTIONS,
    ...SWARM_OPTIONS,
  },
  notes: [
    'It ends when all is here, unless --ratio or --seed-time say that it is to give to others too.',
    'What is unfinished lies in .tabseed below FOLDER and is checked against its hashes. Files that are in place already are never written over; `tabseed repair` checks and completes them.',
  ],
  examples: [
    ['tabseed get https://share.example.org/d/0123456789abcdef0123456789abcdef01234567', 'saves it here'],
    ['tabseed get -o /srv debian.torrent', 'what a .torrent names, in /srv'],
    ['tabseed get --file "*.iso" --ratio 1 "magnet:?xt=urn:btih:…"', 'some files; gives as much as it took'],
  ],
  run: ({ operands: [source = ''], options, output, signal }) =>
    whileBytesCome(options['idle-timeout'], signal, async ({ fetchAll, until }) => {
      const engine = openEngine(options)
      try {
        const { metainfo, network } = await resolveSource(source, engine, until)
        const { files: entries, infoHash, name } = metainfo
        const folder = new DownloadFolder(metainfo, resolve(options.output ?? '.'))
        const selected = selectFiles(metainfo, options.file)
        await folder.finishMove()
        const present = folder.present(selected)
        if (present.length < selected.length) {
          const [first] = present
          if (first !== undefined) throw new UsageError(`${folder.place(first)} is there already`)
          const status = new SwarmStatus(output, { name, place: folder.target })
          await engine.join(metainfo, selected, network, await folder.open(selected))
          const { uploaded } = await fetchAll(engine, infoHash, status)
          // Not all of it can only be given from where it was kept while it came.
          const partly = selected.length < entries.length
          if (partly && hasGoal(options)) await seedUntilGoal(engine, infoHash, options, signal, status)
          await engine.leave(infoHash)
          await folder.moveOut(selected)
          if (!partly && hasGoal(options)) {
            const about = { name, place: folder.target, uploadedBefore: uploaded }
            await engine.publish(metainfo, await folder.blobs(), network)
            await seedUntilGoal(engine, infoHash, options, signal, new SwarmStatus(output, about))
          }
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
