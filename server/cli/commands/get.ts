import { openAsBlob } from 'node:fs'
import { resolve } from 'node:path'
import type { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { SwarmSnapshot } from '../../../lib/engine/snapshot.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { defineCommand, EXIT } from '../command.ts'
import { DownloadFolder } from '../download-folder.ts'
import { selectFiles } from '../file-choice.ts'
import { IdleWatch } from '../idle.ts'
import { text, UsageError, type Values, value, values, wholeNumber } from '../options.ts'
import { hasGoal, SEEDING_OPTIONS, seedUntilGoal } from '../seeding.ts'
import { follow, openEngine, resolveSource, SWARM_OPTIONS } from '../swarm.ts'
import { SwarmStatus } from '../swarm-status.ts'

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
    'idle-timeout': value(
      'Stop (exit code 3) when nothing comes for so long.',
      'SECONDS',
      wholeNumber(1, 1_000_000),
    ),
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
  async run({ operands: [source = ''], options, output, signal }) {
    const idle = new IdleWatch(options['idle-timeout'] ?? null)
    const engine = openEngine(options)
    try {
      const until = AbortSignal.any([signal, idle.signal])
      const { metainfo, network } = await resolveSource(source, engine, until)
      const folder = new DownloadFolder(metainfo, resolve(options.output ?? '.'))
      const selected = selectFiles(metainfo, options.file)
      await folder.finishMove()
      const present = folder.present(selected)
      if (present.length < selected.length) {
        const [first] = present
        if (first !== undefined) throw new UsageError(`${folder.place(first)} is there already`)
        const status = new SwarmStatus(output, { name: metainfo.name, place: folder.target })
        const store = await folder.open(selected)
        await engine.join(metainfo, selected, network, store)
        const done = await follow(
          engine,
          metainfo.infoHash,
          until,
          swarm => {
            idle.note(swarm.downloaded)
            status.update(swarm)
          },
          ({ state }) => state === 'done',
        )
        status.update(done, true)
        idle.end()
        // Not all of it can only be given from where it was kept while it came.
        const partly = selected.length < metainfo.files.length
        if (partly && hasGoal(options)) await seedOn(engine, metainfo, options, signal, status)
        await engine.leave(metainfo.infoHash)
        await folder.moveOut(selected)
        const uploadedBefore = done.uploaded
        if (!partly && hasGoal(options)) {
          const about = { name: metainfo.name, place: folder.target, uploadedBefore }
          const files = metainfo.files.map(({ padding, length }, index) =>
            padding ? new Blob([new Uint8Array(length)]) : openAsBlob(folder.place(index)),
          )
          await engine.publish(metainfo, await Promise.all(files), network)
          await seedOn(engine, metainfo, options, signal, new SwarmStatus(output, about), uploadedBefore)
        }
      }
      const { infoHash } = metainfo
      const files = selected.map(index => folder.place(index))
      const length = selected.reduce((sum, index) => sum + (metainfo.files[index]?.length ?? 0), 0)
      output.result([folder.target], { infoHash, path: folder.target, length, files })
      return EXIT.done
    } catch (reason) {
      if (signal.aborted || !idle.signal.aborted) throw reason
      process.stderr.write(
        `tabseed: nothing came for ${options['idle-timeout']} s; run the same again to go on\n`,
      )
      return EXIT.incomplete
    } finally {
      idle.end()
      await engine.close()
    }
  },
})

async function seedOn(
  engine: SwarmEngine,
  { infoHash }: Metainfo,
  options: Values<typeof SEEDING_OPTIONS>,
  signal: AbortSignal,
  status: SwarmStatus,
  uploadedBefore = 0,
): Promise<void> {
  const show = (swarm: SwarmSnapshot) => status.update(swarm)
  await seedUntilGoal(engine, infoHash, options, signal, show, uploadedBefore)
}
