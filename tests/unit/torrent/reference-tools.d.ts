// The two packages ship no types; only what the tests call is declared.

declare module 'create-torrent' {
  interface Options {
    name: string
    pieceLength: number
    private?: boolean
    announceList: string[][]
    urlList: string[]
  }
  export default function createTorrent(
    input: File[],
    options: Options,
    done: (error: Error | null, torrent: Uint8Array) => void,
  ): void
}

declare module 'parse-torrent' {
  interface ParsedTorrent {
    infoHash: string
    name: string
    length: number
    pieceLength: number
    lastPieceLength: number
    pieces: string[]
    private: boolean | undefined
    announce: string[]
    urlList: string[]
    comment: string | undefined
    files: { path: string; length: number; offset: number }[]
  }
  export default function parseTorrent(torrent: Uint8Array | string): Promise<ParsedTorrent>
}
