import { useLocale, useTranslations } from 'next-intl'
import { useEffect, useState } from 'react'
import { playUrl } from '../../lib/play/answer.ts'
import { type Subtitles, subtitlesOf, toWebVtt } from '../../lib/play/subtitles.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { PlayableFile } from './playable-file.ts'

/** Most tracks of a video: each is fetched from other people before anybody asks for it. */
const TRACKS_MAX = 8

/** Subtitles that a `<track>` can show. */
export interface LoadedSubtitles {
  readonly url: string
  readonly language: string
  readonly label: string
}

/** The subtitles among `files` that belong to `video`, one after the other as they arrive; those that fail are left out. */
export function useSubtitles(
  infoHash: InfoHash,
  video: PlayableFile | null,
  files: readonly PlayableFile[],
): readonly LoadedSubtitles[] {
  const locale = useLocale()
  const t = useTranslations('play')
  const [loaded, setLoaded] = useState<readonly LoadedSubtitles[]>([])
  // biome-ignore lint/correctness/useExhaustiveDependencies: files and words of a page do not change
  useEffect(() => {
    if (!video) return
    const leaving = new AbortController()
    const urls: string[] = []
    const load = async ({ file, language }: Subtitles<PlayableFile>) => {
      const address = playUrl(infoHash, file.index, file.path.at(-1) ?? '')
      const response = await fetch(address, { signal: leaving.signal })
      if (!response.ok) return
      const text = toWebVtt(new Uint8Array(await response.arrayBuffer()))
      if (leaving.signal.aborted) return
      const url = URL.createObjectURL(new Blob([text], { type: 'text/vtt' }))
      urls.push(url)
      const label = languageName(language, locale) ?? t('subtitles')
      setLoaded(before => [...before, { url, language, label }])
    }
    const isOwn = ({ language }: { readonly language: string }) =>
      language.slice(0, 2).toLowerCase() === locale
    const found = subtitlesOf(video, files).sort((a, b) => Number(isOwn(b)) - Number(isOwn(a)))
    void (async () => {
      for (const each of found.slice(0, TRACKS_MAX)) await load(each).catch(() => undefined)
    })()
    return () => {
      leaving.abort()
      setLoaded([])
      for (const url of urls) URL.revokeObjectURL(url)
    }
  }, [infoHash, video?.index])
  return loaded
}

/** A language's name in the language of the page; null where there is none. */
function languageName(tag: string, locale: string): string | null {
  if (tag === '') return null
  try {
    return new Intl.DisplayNames(locale, { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}
