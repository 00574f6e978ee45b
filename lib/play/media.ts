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

/** Containers that browsers read with the code of another, whatever they answer of their own type. */
const READ_AS: Readonly<Record<string, string>> = {
  // QuickTime is what MP4 came from, and Matroska what WebM is a part of.
  'video/quicktime': 'video/mp4',
  'video/x-matroska': 'video/webm',
  'audio/x-matroska': 'audio/webm',
}

/**
 * Whether this browser can show `media`, by its own answer. `perhaps`: it reads the container, and says nothing of this type; it may
 * still fail on what is inside.
 */
export function howShowable({ kind, type }: Media): 'yes' | 'perhaps' | 'no' {
  if (kind === 'pdf') return navigator.pdfViewerEnabled ? 'yes' : 'no'
  if (kind !== 'video' && kind !== 'audio') return 'yes'
  if (canPlay(kind, type)) return 'yes'
  const sibling = READ_AS[type]
  return sibling !== undefined && canPlay(kind, sibling) ? 'perhaps' : 'no'
}

function canPlay(kind: 'video' | 'audio', type: string): boolean {
  if (document.createElement(kind).canPlayType(type) !== '') return true
  return typeof MediaSource !== 'undefined' && MediaSource.isTypeSupported(type)
}

/** Whether to offer `media` in this browser at all. */
export const canShow = (media: Media): boolean => howShowable(media) !== 'no'
