import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { SwarmSnapshot } from '../../../lib/engine/snapshot.ts'
import { AppError } from '../../../lib/errors.ts'
import { fileName } from '../../../lib/storage/disk/disk-folder.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { openFileStore } from '../../seeder/file-store.ts'
import { defineCommand, EXIT } from '../command.ts'
import { text, UsageError, value, wholeNumber } from '../options.ts'
import { follow, openEngine, renewRelays, resolveSource, SWARM_OPTIONS } from '../swarm.ts'

/** Unfinished downloads lie here, beside where they will be. */
const UNFINISHED = '.tabseed'

/** Fetch a share. */
export const get = defineCommand({
  name: 'get',
  summary: 'Download a share; run again, it goes on where it was stopped.',
  operands: 'LINK|FILE.torrent',
  count: [1, 1],
  options: {
    output: value('Where to save it; here without.', 'FOLDER', text, { short: 'o' }),
    'idle-timeout': value(
      'Stop (exit code 3) when nothing comes for so long.',
      'SECONDS',
      wholeNumber(1, 1_000_000),
    ),
    ...SWARM_OPTIONS,
  },
  examples: [
    ['tabseed get https://share.example.org/d/0123456789abcdef0123456789abcdef01234567', 'saves it here'],
    ['tabseed get -o /srv debian.torrent', 'what a .torrent names, in /srv'],
  ],
  async run({ operands: [source = ''], options, output, signal }) {
    const idleSeconds = options['idle-timeout'] ?? null
    const { metainfo, network, origin } = await resolveSource(source)
    const folder = resolve(options.output ?? '.')
    const target = join(folder, metainfo.name)
    if (existsSync(target)) throw new UsageError(`${target} is there already`)
    await mkdir(join(folder, UNFINISHED), { recursive: true })

    const engine = openEngine(options)
    if (origin !== null) await renewRelays(engine, origin)
    const all = [...metainfo.files.keys()]
    const idle = new AbortController()
    const progress = output.progress('saving', metainfo.length)
    let lastBytes = -1
    let lastAt = performance.now()
    try {
      await engine.join(metainfo, all, network, await openFileStore(metainfo, all, join(folder, UNFINISHED)))
      const show = (swarm: SwarmSnapshot) => {
        progress.update(swarm.downloaded, `peers ${swarm.peers.length}`)
        if (swarm.downloaded !== lastBytes) lastAt = performance.now()
        lastBytes = swarm.downloaded
      }
      const watch = setInterval(() => {
        if (idleSeconds !== null && performance.now() - lastAt > idleSeconds * 1000) idle.abort()
      }, 500)
      await follow(
        engine,
        metainfo.infoHash,
        AbortSignal.any([signal, idle.signal]),
        show,
        ({ state }) => state === 'done',
      ).finally(() => clearInterval(watch))
    } catch (reason) {
      if (!idle.signal.aborted) throw reason
      process.stderr.write(`tabseed: nothing came for ${idleSeconds} s; run the same again to go on\n`)
      return EXIT.incomplete
    } finally {
      progress.end()
      await engine.close()
    }
    await moveOut(metainfo, join(folder, UNFINISHED, metainfo.infoHash), target)
    output.result([target], { infoHash: metainfo.infoHash, path: target, length: metainfo.length })
    return EXIT.done
  },
})

/** The files of a complete store to their own names; the last step puts the whole in place at once. */
async function moveOut(metainfo: Metainfo, store: string, target: string): Promise<void> {
  const staged = join(store, 'whole')
  await rm(staged, { recursive: true, force: true })
  for (const [index, { length, padding, path }] of metainfo.files.entries()) {
    if (padding) continue
    const place = metainfo.singleFile ? staged : join(staged, ...path)
    await mkdir(dirname(place), { recursive: true })
    if (length === 0) await writeFile(place, '')
    else await rename(join(store, fileName(index)), place)
  }
  if (existsSync(target))
    throw new AppError('storage_failed', `${target} is there already; the download is in ${staged}`)
  await rename(staged, target)
  await rm(store, { recursive: true, force: true })
}
