type MediaKind = 'video' | 'audio' | 'image' | 'text' | 'pdf'

/** How a file can be shown: by which element, and the content type it is given. */
export interface Media {
  readonly kind: MediaKind
  readonly type: string
}

/**
 * The only types a file of a share is ever given, by extension. Whatever can run code or load anything in our origin
 * (HTML, SVG, XML, scripts, style sheets) is missing on purpose.
 */
const MEDIA: Readonly<Record<string, Media>> = {
  ...kindOf('video', {
    mp4: 'mp4',
    m4v: 'mp4',
    webm: 'webm',
    mkv: 'x-matroska',
    ogv: 'ogg',
    mov: 'quicktime',
  }),
  ...kindOf('audio', {
    mp3: 'mpeg',
    m4a: 'mp4',
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

/** Whether this browser says it can show `media`; it may still fail on the codec inside. */
export function canShow({ kind, type }: Media): boolean {
  if (kind === 'video' || kind === 'audio') return document.createElement(kind).canPlayType(type) !== ''
  return kind !== 'pdf' || navigator.pdfViewerEnabled
}
