import { decodeText, guessEncoding } from './text-encoding.ts'

/** Larger files are no subtitles of one film; bytes. */
const SUBTITLES_MAX_BYTES = 2 * 1024 * 1024

interface NamedFile {
  readonly path: readonly string[]
  readonly length: number
}

/** Subtitles that belong to a video. */
export interface Subtitles<File> {
  readonly file: File
  /** BCP 47, as it is in the name; empty where it is not. */
  readonly language: string
}

/** Folders beside a video that hold its subtitles. */
const FOLDERS = /^(?:subs?|subtitles?|captions?|untertitel)$/i

/**
 * The subtitles (`.srt`, `.vtt`) of `video` among `files`: beside it or in a folder `Subs`, with its name and perhaps a language:
 * `film.srt`, `film.de.vtt`, `Subs/film.en.srt`.
 */
export function subtitlesOf<File extends NamedFile>(
  video: NamedFile,
  files: readonly File[],
): Subtitles<File>[] {
  const folder = video.path.slice(0, -1)
  const stem = stemOf(video.path.at(-1) ?? '').toLowerCase()
  return files.flatMap(file => {
    if (file.length > SUBTITLES_MAX_BYTES || file.length === 0) return []
    const name = file.path.at(-1) ?? ''
    if (!/\.(?:srt|vtt)$/i.test(name) || !isBeside(folder, file.path.slice(0, -1))) return []
    const own = stemOf(name)
    if (!own.toLowerCase().startsWith(stem)) return []
    const rest = own.slice(stem.length)
    const language = /^[._ -]([a-z]{2,3}(?:-[a-z0-9]{2,8})*)(?:[._ -](?:forced|sdh|cc))?$/i.exec(rest)?.[1]
    return rest === '' || language ? [{ file, language: language ?? '' }] : []
  })
}

function isBeside(folder: readonly string[], other: readonly string[]): boolean {
  const rest = other.slice(folder.length)
  if (!folder.every((part, depth) => other[depth] === part)) return false
  return rest.length === 0 || (rest.length === 1 && FOLDERS.test(rest[0] ?? ''))
}

const stemOf = (name: string): string => name.replace(/\.[^.]*$/, '')

/** The bytes of an `.srt` or `.vtt` file, in whatever encoding, as WebVTT. */
export function toWebVtt(bytes: Uint8Array): string {
  const text = decodeText(bytes, guessEncoding(bytes)).replace(/\r\n?/g, '\n')
  if (/^WEBVTT(?:[ \t\n]|$)/.test(text)) return text
  // SubRip writes the fraction after a comma, and often positions that WebVTT would take for settings.
  const cues = text.replace(
    /^[ \t]*(\d{1,2}:\d{2}:\d{2})[,.](\d{1,3})[ \t]*-->[ \t]*(\d{1,2}:\d{2}:\d{2})[,.](\d{1,3}).*$/gm,
    (_, from: string, fromMs: string, to: string, toMs: string) =>
      `${clock(from)}.${fromMs.padEnd(3, '0')} --> ${clock(to)}.${toMs.padEnd(3, '0')}`,
  )
  return `WEBVTT\n\n${cues}`
}

/** WebVTT wants two digits of hours. */
const clock = (time: string): string => time.padStart(8, '0')
