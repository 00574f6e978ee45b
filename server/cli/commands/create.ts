import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { encodeTorrent } from '../../../lib/torrent/metainfo.ts'
import { findFiles } from '../../hashing/local-files.ts'
import { makeTorrent } from '../../hashing/make-torrent.ts'
import { type Command, EXIT, numberOption, UsageError } from '../command.ts'
import { Progress } from '../progress.ts'

/** `mktorrent`, with our defaults. */
export const create: Command = {
  name: 'create',
  usage: 'PATH [options]',
  summary: 'Make a .torrent of a file or folder.',
  options: {
    announce: {
      type: 'string',
      short: 'a',
      multiple: true,
      value: 'url[,url…]',
      description: 'Trackers; each -a is a further tier (BEP 12).',
    },
    comment: { type: 'string', short: 'c', description: 'A comment; not part of the info hash.' },
    'no-date': {
      type: 'boolean',
      short: 'd',
      description: 'Accepted for mktorrent: no date is ever written.',
    },
    'piece-length': {
      type: 'string',
      short: 'l',
      value: 'n',
      description: '2^n bytes a piece; chosen by size without.',
    },
    name: {
      type: 'string',
      short: 'n',
      description: 'Name of the content instead of the name of the file or folder.',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'file',
      description: 'Where to write it; NAME.torrent without.',
    },
    private: { type: 'boolean', short: 'p', description: 'Peers from its trackers only (BEP 27).' },
    threads: { type: 'string', short: 't', value: 'n', description: 'Hashing threads; one a core without.' },
    'web-seed': {
      type: 'string',
      short: 'w',
      multiple: true,
      value: 'url',
      description: 'HTTP source (BEP 19).',
    },
    force: { type: 'boolean', short: 'f', description: 'Overwrite the output.' },
  },
  examples: [
    'tabseed create debian.iso',
    'tabseed create -a https://share.example.org/announce -o set.torrent holiday/',
  ],
  async run({ positionals, signal, values }) {
    const [path, ...others] = positionals
    if (path === undefined || others.length > 0) throw new UsageError('name one file or folder')
    const { files, skipped } = await findFiles(path)
    for (const name of skipped) process.stderr.write(`left out: ${name}\n`)
    const length = files.reduce((sum, { file }) => sum + file.size, 0)
    const exponent = numberOption(values['piece-length'], 'piece-length')
    if (exponent !== undefined && (exponent < 14 || exponent > 26)) {
      throw new UsageError('--piece-length must be from 14 to 26')
    }
    const progress = new Progress('hashing', length)
    const { metainfo, plan } = await makeTorrent(files, {
      signal,
      threads: numberOption(values['threads'], 'threads') ?? availableParallelism(),
      onProgress: done => progress.update(done),
      name: text(values['name']),
      pieceLength: exponent === undefined ? undefined : 2 ** exponent,
      private: values['private'] === true,
    })
    progress.end(length)
    for (const { path } of plan.junk) process.stderr.write(`left out: ${path.join('/')}\n`)
    const output = resolve(text(values['output']) ?? `${metainfo.name}.torrent`)
    if (existsSync(output) && values['force'] !== true)
      throw new UsageError(`${output} is there; --force overwrites it`)
    const torrent = encodeTorrent({
      infoBytes: metainfo.infoBytes,
      announceList: texts(values['announce']).map(tier => tier.split(',').filter(url => url !== '')),
      comment: text(values['comment']),
      webSeeds: texts(values['web-seed']),
    })
    await writeFile(`${output}.new`, torrent, { flush: true })
    await rename(`${output}.new`, output)
    const { infoHash, pieceCount, pieceLength } = metainfo
    process.stdout.write(
      values['json'] === true
        ? `${JSON.stringify({ infoHash, output, length, pieceLength, pieceCount })}\n`
        : `${output}\ninfo hash ${infoHash}\n`,
    )
    return EXIT.done
  },
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
