import { readFile } from 'node:fs/promises'
import type { MetainfoReader } from '../../shares/metainfo/metainfo-reader.ts'
import type { Entry } from './entries.ts'

/** Pairs each `.torrent` with the entry that it describes, if that is beside it. */
export class TorrentPairs {
  /** Name of the content of the `.torrent` with this signature, or null if it is not a `.torrent`. */
  readonly #described = new Map<string, string | null>()
  readonly #unfit = new Set<string>()
  readonly #metainfo: MetainfoReader

  constructor(metainfo: MetainfoReader) {
    this.#metainfo = metainfo
  }

  /**
   * A pair is one entry, with the name of the `.torrent`. Its content is also an entry of its own if `isPublished`: a link
   * that was given out stays valid.
   */
  async join(entries: readonly Entry[], isPublished: (name: string) => boolean): Promise<readonly Entry[]> {
    const plain = entries.filter(({ torrent }) => torrent === null)
    // macOS decomposes letters: where no name is the same, one in another Unicode form is.
    const contents = new Map([
      ...plain.map(entry => [composed(entry.name), entry] as const),
      ...plain.map(entry => [entry.name, entry] as const),
    ])
    const paired = new Set<Entry>()
    const joined: Entry[] = []
    for (const entry of entries) {
      const described = (await this.#describedBy(entry)) ?? ''
      const content = contents.get(described) ?? contents.get(composed(described))
      const signature = `${entry.signature}/${content?.signature}`
      if (!content || this.#unfit.has(signature)) joined.push(entry)
      else {
        paired.add(content)
        joined.push({
          ...entry,
          files: content.files,
          signature,
          state: `${entry.state}/${content.state}`,
          locations: [...entry.locations, ...content.locations],
          isUnfinished: entry.isUnfinished || content.isUnfinished,
        })
      }
    }
    return joined.filter(entry => !paired.has(entry) || isPublished(entry.name))
  }

  /** The two parts of this pair do not fit: each is an entry of its own until one of them changes. */
  separate({ signature }: Entry): void {
    this.#unfit.add(signature)
  }

  async #describedBy({ signature, torrent }: Entry): Promise<string | null> {
    if (torrent === null) return null
    let name = this.#described.get(signature)
    if (name === undefined) {
      const read = readFile(torrent).then(bytes => this.#metainfo.packed({ torrent: bytes }))
      name = await read.then(metainfo => metainfo.name).catch(() => null)
      this.#described.set(signature, name)
    }
    return name
  }
}

const composed = (name: string): string => name.normalize('NFC')
