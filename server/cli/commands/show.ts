import { readFile } from 'node:fs/promises'
import { AppError } from '../../../lib/base/errors.ts'
import { formatMagnet, parseMagnet } from '../../../lib/torrent/magnet.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { defineCommand, EXIT } from '../command.ts'
import { bytes } from '../output.ts'
import { visibleFiles } from '../transfer/file-choice.ts'

/** What a `.torrent` or a magnet link says. */
export const show = defineCommand({
  name: 'show',
  summary: 'Show what a .torrent or a magnet link describes.',
  operands: 'FILE.torrent|MAGNET',
  count: [1, 1],
  options: {},
  examples: [
    ['tabseed show debian.torrent', 'names, sizes, trackers, web seeds, info hash and magnet link'],
    ['tabseed show --json "magnet:?xt=urn:btih:…"', 'the same of a magnet link, for programs'],
  ],
  async run({ operands: [source = ''], output }) {
    const [lines, value] = /^\s*magnet:/i.test(source)
      ? ofMagnet(source)
      : ofMetainfo(await readTorrent(source))
    output.result(lines, value)
    return EXIT.done
  },
})

/** Errors: `file_unreadable`, those of `parseMetainfo`. */
export async function readTorrent(path: string): Promise<Metainfo> {
  const torrent = await readFile(path).catch(cause => {
    throw new AppError('file_unreadable', path, { cause })
  })
  return parseMetainfo(torrent)
}

type Shown = readonly [lines: readonly string[], value: unknown]

/** Errors: those of `parseMagnet`. */
function ofMagnet(text: string): Shown {
  const { infoHash, length, name, source, trackers, webSeeds } = parseMagnet(text)
  const magnet = formatMagnet({ infoHash, name, length, trackers, source, webSeeds })
  const lines = [
    ...line('name', name),
    ...line('info hash', infoHash),
    ...line('size', length === null ? '' : sized(length)),
    ...line('.torrent', source ?? ''),
    ...trackers.flatMap(tracker => line('tracker', tracker)),
    ...webSeeds.flatMap(webSeed => line('web seed', webSeed)),
    ...line('magnet', magnet),
  ]
  return [lines, { infoHash, name, length, source, trackers, webSeeds, magnet }]
}

function ofMetainfo(metainfo: Metainfo): Shown {
  const { infoBytes, pieces, files: _, ...facts } = metainfo
  const { announceList, infoHash, length, name, webSeeds } = metainfo
  const trackers = announceList.flat()
  const magnet = formatMagnet({ infoHash, name, length, trackers, source: null, webSeeds })
  const files = visibleFiles(metainfo).map(({ length, path }) => ({ path: path.join('/'), length }))
  const date = metainfo.creationDate === null ? '' : new Date(metainfo.creationDate * 1000).toISOString()
  const lines = [
    ...line('name', name),
    ...line('info hash', infoHash),
    ...line('size', sized(length)),
    ...line('pieces', `${metainfo.pieceCount} of ${metainfo.pieceLength} bytes`),
    ...line('private', metainfo.private ? 'yes' : ''),
    ...line('source', metainfo.source),
    ...line('comment', metainfo.comment),
    ...line('made with', metainfo.createdBy),
    ...line('made at', date),
    ...announceList.flatMap((tier, index) => line(`tracker ${index + 1}`, tier.join(', '))),
    ...webSeeds.flatMap(webSeed => line('web seed', webSeed)),
    ...line('magnet', magnet),
    ...line('files', String(files.length)),
    ...files.map(
      ({ length, path }, at) => `  ${String(at + 1).padStart(4)}  ${bytes(length).padStart(9)}  ${path}`,
    ),
  ]
  return [lines, { ...facts, files, magnet }]
}

/** Nothing for what is not there. */
const line = (label: string, text: string): string[] => (text === '' ? [] : [`${label.padEnd(11)} ${text}`])

const sized = (length: number): string => `${bytes(length)} (${length} bytes)`
