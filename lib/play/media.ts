type MediaKind = 'video' | 'audio' | 'image' | 'text' | 'pdf'

/** How a file can be shown: by which kind of element, and with which content type. */
export interface Media {
  readonly kind: MediaKind
  readonly type: string
}

/**
 * The only content types that files of shares are served with, by extension. Types that can run code or load anything in
 * our origin (HTML, SVG, XML, scripts, style sheets) are missing on purpose.
 */
const MEDIA: Readonly<Record<string, Media>> = {
  ...kindOf('video', {
    mp4: 'mp4',
    m4v: 'mp4',
    webm: 'webm',
    mkv: 'x-matroska',
    ogv: 'ogg',
    mov: 'quicktime',
    '3gp': '3gpp',
    '3g2': '3gpp2',
  }),
  ...kindOf('audio', {
    mp3: 'mpeg',
    m4a: 'mp4',
    m4b: 'mp4',
    mka: 'x-matroska',
    aac: 'aac',
    ogg: 'ogg',
    oga: 'ogg',
    opus: 'ogg',
    flac: 'flac',
    wav: 'wav',
    weba: 'webm',
  }),
  ...kindOf('image', {
    png: 'png',
    jpg: 'jpeg',
    jpeg: 'jpeg',
    gif: 'gif',
    webp: 'webp',
    avif: 'avif',
    bmp: 'bmp',
    ico: 'x-icon',
  }),
  pdf: { kind: 'pdf', type: 'application/pdf' },
  ...Object.fromEntries(
    ['txt', 'md', 'log', 'csv', 'tsv', 'json', 'nfo', 'srt', 'vtt', 'ini', 'toml', 'yaml', 'yml'].map(
      extension => [extension, { kind: 'text', type: 'text/plain; charset=utf-8' }] as const,
    ),
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
