import { parseSourceAddress } from '../../../lib/api/source-address.ts'
import { isEncrypted } from '../../../lib/encryption/outer.ts'
import type { Irregularity } from '../../../lib/torrent/bencode.ts'
import { formatMagnet, type Magnet } from '../../../lib/torrent/magnet.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { defineCommand, EXIT } from '../command.ts'
import { hasKey, KEY_OPTIONS } from '../encryption/key-input.ts'
import { readOpened } from '../encryption/open-source.ts'
import type { Values } from '../options.ts'
import { bytes, type Output } from '../output.ts'
import { visibleFiles } from '../transfer/file-choice.ts'
import { readSource, SOURCE_OPERAND } from '../transfer/source.ts'

/** What a `.torrent` or a magnet link says. */
export const show = defineCommand({
  name: 'show',
  summary: 'Show what a link, a .torrent or a magnet link describes.',
  operands: SOURCE_OPERAND,
  count: [1, 1],
  options: KEY_OPTIONS,
  examples: [
    ['tabseed show debian.torrent', 'names, sizes, trackers, web seeds, info hash and magnet link'],
    ['tabseed show --json "magnet:?xt=urn:btih:…"', 'the same of a magnet link, for programs'],
  ],
  async run({ operands: [source = ''], options, output, signal }) {
    const address = parseSourceAddress(source)
    const [lines, value] =
      address.kind === 'magnet'
        ? ofMagnet(address.magnet)
        : ofMetainfo(await readShown(source, options, output, signal))
    output.result(lines, value)
    return EXIT.done
  },
})

/** Of an encrypted share what everybody sees, or with its key what is inside, which comes from its swarm. */
const readShown = async (
  source: string,
  options: Values<typeof KEY_OPTIONS>,
  output: Output,
  signal: AbortSignal,
): Promise<Metainfo> =>
  hasKey(source, options)
    ? readOpened(source, { ...options, dht: false }, output, signal)
    : readSource(source, { dht: false }, output, signal)

/** How a `.torrent` differs from the standard form; it is read all the same. */
const IRREGULARITIES: Readonly<Record<Irregularity, string>> = {
  unsorted_keys: 'its keys are not sorted',
  repeated_key: 'a key is repeated (the first one counts)',
  leading_zero: 'a number has leading zeros',
  bytes_after_end: 'there are bytes after its end',
}

type Shown = readonly [lines: readonly string[], value: unknown]

function ofMagnet(shown: Magnet): Shown {
  const { infoHash, length, name, peers, source, trackers, webSeeds } = shown
  const magnet = formatMagnet(shown)
  const lines = [
    ...line('name', name),
    ...line('info hash', infoHash),
    ...line('size', length === null ? '' : sized(length)),
    ...line('.torrent', source ?? ''),
    ...trackers.flatMap(tracker => line('tracker', tracker)),
    ...webSeeds.flatMap(webSeed => line('web seed', webSeed)),
    ...peers.flatMap(peer => line('peer', peer)),
    ...line('magnet', magnet),
  ]
  return [lines, { infoHash, name, length, source, trackers, webSeeds, peers, magnet }]
}

function ofMetainfo(metainfo: Metainfo): Shown {
  const { infoBytes, pieces, files: _, statedName: name, irregularities, sealed, ...facts } = metainfo
  const { announceList, infoHash, length, webSeeds } = metainfo
  const trackers = announceList.flat()
  // Others get the magnet link too.
  const outside = sealed?.outside.statedName ?? name
  const magnet = formatMagnet({ infoHash, name: outside, length, trackers, source: null, webSeeds })
  const files = visibleFiles(metainfo).map(({ length, statedPath }) => ({
    path: statedPath.join('/'),
    length,
  }))
  const padding = metainfo.files.reduce((sum, file) => sum + (file.padding ? file.length : 0), 0)
  const date = metainfo.creationDate === null ? '' : new Date(metainfo.creationDate * 1000).toISOString()
  const lines = [
    ...line('name', name),
    ...line('encrypted', encryptedLine(metainfo)),
    ...line('title', sealed?.title ?? ''),
    ...line('info hash', infoHash),
    ...line('size', sized(length - padding) + (padding > 0 ? `, and ${padding} bytes of padding` : '')),
    ...line('pieces', `${metainfo.pieceCount} of ${metainfo.pieceLength} bytes`),
    ...line('private', metainfo.private ? 'yes' : ''),
    ...line('source', metainfo.source),
    ...line('comment', metainfo.comment),
    ...line('made with', metainfo.createdBy),
    ...line('made at', date),
    ...announceList.flatMap((tier, index) => line(`tracker ${index + 1}`, tier.join(', '))),
    ...webSeeds.flatMap(webSeed => line('web seed', webSeed)),
    ...line('magnet', magnet),
    ...line('form', [...irregularities].map(kind => IRREGULARITIES[kind]).join(', ')),
    ...line('files', String(files.length)),
    ...files.map(
      ({ length, path }, at) => `  ${String(at + 1).padStart(4)}  ${bytes(length).padStart(9)}  ${path}`,
    ),
  ]
  const encrypted = sealed !== undefined || isEncrypted(metainfo)
  const words = sealed && { title: sealed.title, description: sealed.description }
  return [lines, { ...facts, encrypted, ...words, name, files, magnet, irregularities: [...irregularities] }]
}

const encryptedLine = (metainfo: Metainfo): string =>
  metainfo.sealed
    ? `yes, as ${metainfo.sealed.outside.name}`
    : isEncrypted(metainfo)
      ? 'yes; its names need the key'
      : ''

/** No line for an empty text. */
const line = (label: string, text: string): string[] => (text === '' ? [] : [`${label.padEnd(11)} ${text}`])

const sized = (length: number): string => `${bytes(length)} (${length} bytes)`
