import { readFile } from 'node:fs/promises'
import { AppError } from '../../../lib/errors.ts'
import { formatMagnet } from '../../../lib/torrent/magnet.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { type Command, EXIT, UsageError } from '../command.ts'
import { bytes } from '../progress.ts'

/** What a `.torrent` says. */
export const show: Command = {
  name: 'show',
  usage: 'FILE.torrent [options]',
  summary: 'Show what a .torrent describes.',
  options: {},
  examples: ['tabseed show debian.torrent', 'tabseed show --json debian.torrent'],
  async run({ positionals, values }) {
    const [path, ...others] = positionals
    if (path === undefined || others.length > 0) throw new UsageError('name one .torrent')
    const torrent = await readFile(path).catch(reason => {
      throw new AppError('file_unreadable', path, { cause: reason })
    })
    const metainfo = await parseMetainfo(torrent)
    const { announceList, comment, infoHash, length, name, pieceCount, pieceLength, webSeeds } = metainfo
    const files = metainfo.files
      .filter(({ padding }) => !padding)
      .map(({ length, path }) => ({ path: path.join('/'), length }))
    const magnet = formatMagnet({
      infoHash,
      name,
      length,
      trackers: announceList.flat(),
      source: null,
      webSeeds,
    })
    if (values['json'] === true) {
      const facts = { infoHash, name, length, pieceLength, pieceCount, private: metainfo.private, comment }
      process.stdout.write(`${JSON.stringify({ ...facts, announceList, webSeeds, files, magnet })}\n`)
      return EXIT.done
    }
    const lines = [
      `name        ${printable(name)}`,
      `info hash   ${infoHash}`,
      `size        ${bytes(length)} (${length} bytes)`,
      `pieces      ${pieceCount} of ${bytes(pieceLength)} (${pieceLength} bytes)`,
      ...(metainfo.private ? ['private     yes'] : []),
      ...(comment ? [`comment     ${printable(comment)}`] : []),
      ...announceList.map((tier, index) => `tracker ${index + 1}   ${tier.map(printable).join(', ')}`),
      ...webSeeds.map(url => `web seed    ${printable(url)}`),
      `magnet      ${magnet}`,
      'files',
      ...files.map(({ length, path }) => `  ${bytes(length).padStart(9)}  ${printable(path)}`),
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
    return EXIT.done
  },
}

/** Names come from anybody: nothing in them may steer the terminal. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '?')
