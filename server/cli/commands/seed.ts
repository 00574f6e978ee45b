import { openAsBlob } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AppError } from '../../../lib/base/errors.ts'
import { formatMagnet } from '../../../lib/torrent/magnet.ts'
import { encodeTorrent, type Metainfo } from '../../../lib/torrent/metainfo.ts'
import { makeTorrent, planTorrent } from '../../node-engine/hashing/make-torrent.ts'
import { defineCommand, EXIT } from '../command.ts'
import { findAll } from '../find.ts'
import { text, UsageError, urls, value, values } from '../options.ts'
import type { Output } from '../output.ts'
import { checkCopy, contentAt, isRight, linesOf } from '../transfer/copy-report.ts'
import { SEEDING_OPTIONS, seedUntilGoal } from '../transfer/seeding.ts'
import { SERVER_SEEDER_OPTIONS, seedForServer } from '../transfer/server-seeder.ts'
import { isTracker, openEngine, originOf, SWARM_OPTIONS } from '../transfer/swarm.ts'
import { SwarmStatus } from '../transfer/swarm-status.ts'
import { readTorrent } from './show.ts'

/** What is to be seeded: the files in metainfo order, null for padding. */
interface Content {
  readonly metainfo: Metainfo
  readonly locations: readonly (string | null)[]
}

/** Give files to whoever asks, at any tracker. */
export const seed = defineCommand({
  name: 'seed',
  summary: 'Seed files at any tracker, to browsers and to classic clients; or be the seeder of a server.',
  operands: '[PATH…]',
  count: [0, Number.POSITIVE_INFINITY],
  options: {
    torrent: value('The .torrent of the files, which are checked against it first.', 'FILE.torrent', text, {
      short: 't',
    }),
    announce: values(
      'Trackers, instead of those of the .torrent; may be repeated.',
      'URL[,URL…]',
      urls('ws', 'wss', 'http', 'https', 'udp'),
      { short: 'a' },
    ),
    'save-torrent': value('Write the .torrent that is made of the files here.', 'FILE.torrent', text),
    ...SEEDING_OPTIONS,
    ...SWARM_OPTIONS,
    server: value('Be the seeder of this server, which has the same TABSEED_SEEDER_TOKEN.', 'URL', text, {
      short: 's',
    }),
    ...SERVER_SEEDER_OPTIONS,
  },
  notes: [
    'Without --torrent one is made of the files, as `tabseed create` does. It ends with Ctrl-C, or when --ratio or --seed-time say so. To publish on a Tabseed server, with a link for people, use `tabseed share`.',
    'With --server and no PATH it keeps shares alive for a Tabseed server on another machine: it connects there, again and again if need be, fetches and seeds what that server asks for, and logs as a server does, until Ctrl-C. Only then the options from --seeder-token on, and their environment variables, mean something.',
  ],
  examples: [
    ['tabseed seed /srv/image.iso --torrent image.iso.torrent', 'at the trackers that the .torrent names'],
    [
      'tabseed seed --server https://share.example.org --seeder-budget 2TB',
      'the seeder of that server, with TABSEED_SEEDER_TOKEN in the environment',
    ],
    ['tabseed seed holiday/ -a wss://tracker.example.org/announce --ratio 3', 'three times, then ends'],
  ],
  async run({ operands, options, output, signal }) {
    if (options.server !== undefined) {
      if (operands.length > 0) throw new UsageError('--server takes no PATH: see tabseed share')
      return await seedForServer(originOf(options.server), options, output, signal)
    }
    if (operands.length === 0) throw new UsageError('it needs PATH…, or --server URL')
    const given = options.announce.flat()
    // Said before hours of hashing, not after.
    if (options.torrent === undefined) requireTracker(given, options.dht)
    const { locations, metainfo } =
      options.torrent === undefined
        ? await makeContent(operands, given, options['save-torrent'], output, signal)
        : await checkContent(operands, await readTorrent(options.torrent), output, signal)
    const trackers = (given.length > 0 ? given : metainfo.announceList.flat()).filter(isTracker)
    requireTracker(trackers, options.dht)

    const { infoHash, length, name } = metainfo
    const magnet = formatMagnet({ infoHash, name, length, trackers, source: null })
    output.result([magnet], { infoHash, magnet, length })
    const engine = openEngine(options)
    try {
      const files = await Promise.all(
        locations.map((location, index) =>
          location === null
            ? new Blob([new Uint8Array(metainfo.files[index]?.length ?? 0)])
            : openAsBlob(location),
        ),
      )
      await engine.publish(metainfo, files, { trackers, iceServers: [], webSeeds: [] })
      output.note(`classic clients reach this on TCP port ${await engine.listen()}; Ctrl-C ends it`)
      const status = new SwarmStatus(output, { name, place: resolve(operands[0] ?? '') })
      await seedUntilGoal(engine, infoHash, options, signal, status)
      return EXIT.done
    } finally {
      await engine.close()
    }
  },
})

function requireTracker(trackers: readonly string[], dht: boolean): void {
  if (trackers.length === 0 && !dht) throw new UsageError('it needs a tracker: --announce URL, or --dht')
}

async function makeContent(
  paths: readonly string[],
  announce: readonly string[],
  saveAs: string | undefined,
  output: Output,
  signal: AbortSignal,
): Promise<Content> {
  const files = await findAll(paths, output)
  const hashing = output.progress('hashing', planTorrent(files).length)
  const { metainfo, plan } = await makeTorrent(files, {
    signal,
    onProgress: done => hashing.update(done),
  }).finally(() => hashing.end())
  if (saveAs !== undefined) {
    const { infoBytes } = metainfo
    const torrent = encodeTorrent({ infoBytes, announceList: announce.map(url => [url]) })
    await writeFile(saveAs, torrent, { flag: 'wx' }).catch(cause => {
      throw new AppError('storage_failed', saveAs, { cause })
    })
  }
  return { metainfo, locations: plan.files.map(({ location }) => location) }
}

/** Errors: `UsageError`, `file_unreadable`, `copy_incomplete`, and those of `checkCopy`. */
async function checkContent(
  paths: readonly string[],
  metainfo: Metainfo,
  output: Output,
  signal: AbortSignal,
): Promise<Content> {
  const [path = ''] = paths
  if (paths.length > 1) throw new UsageError('with --torrent it takes one PATH')
  await stat(path).catch(cause => {
    throw new AppError('file_unreadable', path, { cause })
  })
  const { copy, report } = await checkCopy(metainfo, await contentAt(path, metainfo), output, signal)
  if (!isRight(report)) {
    for (const line of linesOf(report)) output.note(line)
    throw new AppError('copy_incomplete', path)
  }
  return { metainfo, locations: copy.files.map(found => found?.picked.location ?? null) }
}
