type MediaKind = 'video' | 'audio' | 'image' | 'text' | 'pdf'

/** How a file can be shown: by which kind of element, and with which content type. */
export interface Media {
  readonly kind: MediaKind
  readonly type: string
}

/** Extensions of texts: to read, subtitles and lyrics, playlists, checksums, settings. */
const TEXTS = [
  ...['txt', 'text', 'asc', 'md', 'rst', 'log', 'nfo', 'diz', 'csv', 'tsv', 'json'],
  ...['srt', 'vtt', 'ass', 'ssa', 'lrc', 'cue', 'm3u', 'm3u8'],
  ...['md5', 'sha1', 'sha256', 'sha512', 'sfv'],
  ...['ini', 'cfg', 'conf', 'properties', 'toml', 'yaml', 'yml'],
]

/**
 * The only content types that files of shares are served with, by extension. Types that can run code or load anything in
 * our origin (HTML, SVG, XML, scripts, style sheets) are missing on purpose.
 */
const MEDIA: Readonly<Record<string, Media>> = {
  ...kindOf('video', {
    mp4: 'mp4',
    m4v: 'mp4',
    f4v: 'mp4',
    webm: 'webm',
    mkv: 'x-matroska',
    mk3d: 'x-matroska',
    ogv: 'ogg',
    mov: 'quicktime',
    qt: 'quicktime',
    '3gp': '3gpp',
    '3gpp': '3gpp',
    '3g2': '3gpp2',
  }),
  ...kindOf('audio', {
    mp3: 'mpeg',
    mpga: 'mpeg',
    m4a: 'mp4',
    m4b: 'mp4',
    m4r: 'mp4',
    mka: 'x-matroska',
    aac: 'aac',
    ogg: 'ogg',
    oga: 'ogg',
    opus: 'ogg',
    flac: 'flac',
    wav: 'wav',
    wave: 'wav',
    weba: 'webm',
  }),
  ...kindOf('image', {
    png: 'png',
    apng: 'apng',
    jpg: 'jpeg',
    jpeg: 'jpeg',
    jpe: 'jpeg',
    jfif: 'jpeg',
    gif: 'gif',
    webp: 'webp',
    avif: 'avif',
    bmp: 'bmp',
    ico: 'x-icon',
  }),
  pdf: { kind: 'pdf', type: 'application/pdf' },
  ...Object.fromEntries(
    TEXTS.map(extension => [extension, { kind: 'text', type: 'text/plain; charset=utf-8' }] as const),
  ),
}

function kindOf(kind: 'video' | 'audio' | 'image', subtypes: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(subtypes).map(([extension, subtype]) => [extension, { kind, type: `${kind}/${subtype}` }]),
  )
}

/** How a file of this name can be shown, or null. */
export function mediaOf(name: string): Media | null {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(MEDIA, extension) ? (MEDIA[extension] ?? null) : null
}

/**
 * Whether this browser may be able to show `media`. Video and sound are always tried: browsers play QuickTime and Matroska files
 * of which `canPlayType` says no, since they look at the bytes. They may still fail on the codec inside.
 */
export const canShow = ({ kind }: Media): boolean => kind !== 'pdf' || navigator.pdfViewerEnabled
