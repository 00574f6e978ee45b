import { openAsBlob } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AppError } from '../../../lib/base/errors.ts'
import { encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { formatMagnet } from '../../../lib/torrent/magnet.ts'
import { makeTorrent, planTorrent } from '../../node-engine/hashing/make-torrent.ts'
import { defineCommand, EXIT } from '../command.ts'
import { text, UsageError, urls, type Values, value, values } from '../options.ts'
import type { Output } from '../output.ts'
import { contentAt, isRight, linesOf, verifyCopy } from '../transfer/copy-report.ts'
import { FIND_OPTIONS, type FoundFiles, findAll } from '../transfer/find.ts'
import { SEEDING_OPTIONS, seedUntilGoal } from '../transfer/seeding.ts'
import { runServerSeeder, SERVER_SEEDER_OPTIONS } from '../transfer/server-seeder.ts'
import { isTracker, resolveSource, SOURCE_OPERAND, type Source } from '../transfer/source.ts'
import { openEngine, originOf, SWARM_OPTIONS } from '../transfer/swarm.ts'
import { SwarmStatus } from '../transfer/swarm-status.ts'

/** What to seed: the files in metainfo order, null for padding. */
interface Content extends Source {
  readonly locations: readonly (string | null)[]
  readonly leftOut: FoundFiles['leftOut']
  readonly renamed: FoundFiles['renamed']
}

/** Seed files at any tracker. */
export const seed = defineCommand({
  name: 'seed',
  summary: 'Seed files at any tracker, to browsers and to classic clients; or be the seeder of a server.',
  operands: '[PATH…]',
  count: [0, Number.POSITIVE_INFINITY],
  options: {
    torrent: value('The .torrent of the files, which are first checked against it.', SOURCE_OPERAND, text, {
      short: 't',
    }),
    announce: values(
      'Trackers, instead of those of the .torrent; may be repeated.',
      'URL[,URL…]',
      urls('ws', 'wss', 'http', 'https', 'udp'),
      { short: 'a' },
    ),
    ...FIND_OPTIONS,
    'save-torrent': value('Where to write the .torrent that is made of the files.', 'FILE.torrent', text),
    ...SEEDING_OPTIONS,
    ...SWARM_OPTIONS,
    server: value('Be the seeder of this server, which has the same TABSEED_SEEDER_TOKEN.', 'URL', text, {
      short: 's',
    }),
    ...SERVER_SEEDER_OPTIONS,
  },
  notes: [
    'Without --torrent, one is made of the files, as `tabseed create` does. It ends with Ctrl-C, or when the goal of --ratio or --seed-time is reached. To publish on a Tabseed server, with a link for people, use `tabseed share`.',
    'With --server and no PATH, it caches shares for a Tabseed server on another machine: it connects there (and reconnects), fetches and seeds what that server requests, and logs as a server does, until Ctrl-C. The options from --trusted-proxies on, and their environment variables, apply only to this.',
  ],
  examples: [
    ['tabseed seed /srv/image.iso --torrent image.iso.torrent', 'at the trackers that the .torrent names'],
    [
      'tabseed seed --server https://share.example.org --seeder-budget 2TB',
      'the seeder of that server, with TABSEED_SEEDER_TOKEN in the environment',
    ],
    [
      'tabseed seed holiday/ -a wss://tracker.example.org/announce --ratio 3',
      'uploads three times the size, then ends',
    ],
  ],
  async run({ operands, options, output, signal }) {
    if (options.server !== undefined) {
      if (operands.length > 0) throw new UsageError('--server takes no PATH: see tabseed share')
      return await runServerSeeder(originOf(options.server), options, output, signal)
    }
    if (operands.length === 0) throw new UsageError('it needs PATH…, or --server URL')
    const given = options.announce.flat()
    // Checked before hashing, which may take hours.
    if (options.torrent === undefined) requireTracker(given, options)
    const engine = openEngine(options, output)
    try {
      const { leftOut, locations, metainfo, network, renamed } =
        options.torrent === undefined
          ? await makeContent(operands, given, options, output, signal)
          : await checkContent(
              operands,
              await resolveSource(options.torrent, engine, { ...options, announce: given }, signal),
              output,
              signal,
            )
      const { peers = [], trackers } = network
      if (peers.length === 0) requireTracker(trackers, options)

      const { infoHash, length, name } = metainfo
      const magnet = formatMagnet({ infoHash, name, length, trackers, source: null })
      output.result([magnet], { infoHash, magnet, length, leftOut, renamed })
      const files = await Promise.all(
        locations.map((location, index) =>
          location === null
            ? new Blob([new Uint8Array(metainfo.files[index]?.length ?? 0)])
            : openAsBlob(location),
        ),
      )
      await engine.publish(metainfo, files, network)
      output.note(`classic clients reach this on TCP port ${await engine.listen()}; Ctrl-C ends it`)
      const status = new SwarmStatus(output, { name, place: resolve(operands[0] ?? '') })
      await seedUntilGoal(engine, infoHash, options, signal, status)
      return EXIT.done
    } finally {
      await engine.close()
    }
  },
})

function requireTracker(trackers: readonly string[], { dht }: { readonly dht: boolean }): void {
  if (trackers.length === 0 && !dht) throw new UsageError('it needs a tracker: --announce URL, or --dht')
}

async function makeContent(
  paths: readonly string[],
  announce: readonly string[],
  options: Values<typeof FIND_OPTIONS> & { readonly 'save-torrent': string | undefined },
  output: Output,
  signal: AbortSignal,
): Promise<Content> {
  const { files, leftOut, renamed } = await findAll(paths, output, options)
  const hashing = output.progress('hashing', planTorrent(files).length)
  const { metainfo, plan } = await makeTorrent(files, {
    signal,
    onProgress: done => hashing.update(done),
  }).finally(() => hashing.end())
  const saveAs = options['save-torrent']
  if (saveAs !== undefined) {
    const { infoBytes } = metainfo
    const torrent = encodeTorrent({ infoBytes, announceList: announce.map(url => [url]) })
    await writeFile(saveAs, torrent, { flag: 'wx' }).catch(cause => {
      throw new AppError('storage_failed', saveAs, { cause })
    })
  }
  const network = { trackers: announce.filter(isTracker), iceServers: [], webSeeds: [] }
  return { metainfo, network, locations: plan.files.map(({ location }) => location), leftOut, renamed }
}

/** Errors: `UsageError`, `file_unreadable`, `copy_incomplete`, and those of `verifyCopy`. */
async function checkContent(
  paths: readonly string[],
  { metainfo, network }: Source,
  output: Output,
  signal: AbortSignal,
): Promise<Content> {
  const [path = ''] = paths
  if (paths.length > 1) throw new UsageError('with --torrent it takes one PATH')
  await stat(path).catch(cause => {
    throw new AppError('file_unreadable', path, { cause })
  })
  const { copy, report } = await verifyCopy(metainfo, await contentAt(path, metainfo), output, signal)
  if (!isRight(report)) {
    for (const line of linesOf(report)) output.note(line)
    throw new AppError('copy_incomplete', path)
  }
  return {
    metainfo,
    network,
    locations: copy.files.map(found => found?.picked.location ?? null),
    leftOut: [],
    renamed: [],
  }
}
