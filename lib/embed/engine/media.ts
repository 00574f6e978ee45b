import { fetchShare } from '../../api/client.ts'
import type { BrowserTab } from '../../browser/browser-tab.ts'
import { playUrl } from '../../play/answer.ts'
import { canShow, mediaOf } from '../../play/media.ts'
import { preparePlay } from '../../play/play.ts'
import type { Share } from '../../protocol/share.ts'
import { type InfoHash, parseInfoHash } from '../../torrent/ids.ts'
import { visibleName } from '../../torrent/paths.ts'

/** A video or audio file of a share with its poster and captions; URLs are valid in this page. */
export interface WidgetMedia {
  readonly kind: 'video' | 'audio'
  readonly name: string
  readonly url: string
  readonly poster: string | null
  readonly captions: readonly { readonly url: string; readonly language: string; readonly label: string }[]
}

type ShareFile = Share['files'][number] & { readonly index: number }

/**
 * What a player of the share shows: the largest video that this browser can play, else the largest audio file; an image of
 * the same name, or one named poster or cover; captions (WebVTT) of the same name, `film.vtt` or `film.de.vtt`. Null: nothing.
 * The swarm must be joined, and `servePlays` run. Errors: `play_unavailable` (no service worker), `server_unreachable`.
 */
export async function openMedia(tab: BrowserTab, text: string): Promise<WidgetMedia | null> {
  const infoHash = parseInfoHash(text)
  if (infoHash === null) return null
  const chosen = chooseMedia(await filesOf(tab, infoHash))
  if (!chosen) return null
  await preparePlay(tab, infoHash)
  const urlOf = ({ index, path }: ShareFile) => playUrl(infoHash, index, baseOf(path))
  const { captions, file, kind, poster } = chosen
  return {
    kind,
    name: visibleName(baseOf(file.path)),
    url: urlOf(file),
    poster: poster ? urlOf(poster) : null,
    captions: captions.map(({ file: caption, language }) => ({
      url: urlOf(caption),
      language,
      label: language || visibleName(baseOf(caption.path)),
    })),
  }
}

/** The same file once it is complete, as an object URL, for pages without a service worker. */
export async function completeMedia(tab: BrowserTab, text: string): Promise<WidgetMedia | null> {
  const infoHash = parseInfoHash(text)
  const chosen = infoHash && chooseMedia(await filesOf(tab, infoHash))
  if (!chosen) return null
  const blob = await tab.session.blob(infoHash, chosen.file.index)
  const type = mediaOf(chosen.file.path)?.type ?? ''
  const url = URL.createObjectURL(new Blob([blob], { type }))
  return { kind: chosen.kind, name: visibleName(baseOf(chosen.file.path)), url, poster: null, captions: [] }
}

/** The files of a share; of an encrypted one those inside, which whoever joined its swarm knows. */
async function filesOf(tab: BrowserTab, infoHash: InfoHash): Promise<Share['files']> {
  const metainfo = await tab.session.metainfo(infoHash)
  if (!metainfo?.sealed) return (await fetchShare(infoHash)).files
  return metainfo.files.map(({ length, padding, path }) => ({ path: path.join('/'), length, padding }))
}

function chooseMedia(files: Share['files']) {
  const all = files.flatMap((file, index) => (file.padding ? [] : [{ ...file, index }]))
  const largest = (kind: 'video' | 'audio') =>
    all
      .filter(({ path }) => {
        const media = mediaOf(path)
        return media?.kind === kind && canShow(media)
      })
      .sort((a, b) => b.length - a.length)[0]
  const video = largest('video')
  const file = video ?? largest('audio')
  if (!file) return null
  const stem = stemOf(file.path)
  const folder = stem.slice(0, stem.lastIndexOf('/') + 1)
  const poster = all.find(
    ({ path }) =>
      mediaOf(path)?.kind === 'image' && [stem, `${folder}poster`, `${folder}cover`].includes(stemOf(path)),
  )
  const captions = all.flatMap(caption => {
    if (!caption.path.endsWith('.vtt') || !caption.path.startsWith(stem)) return []
    const language = /^(?:\.([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*))?\.vtt$/.exec(caption.path.slice(stem.length))
    return language ? [{ file: caption, language: language[1] ?? '' }] : []
  })
  return { file, kind: video ? ('video' as const) : ('audio' as const), poster, captions }
}

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const stemOf = (path: string): string => path.replace(/\.[^./]*$/, '')
