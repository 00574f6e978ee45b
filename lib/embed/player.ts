import type { WidgetMedia } from './engine/media.ts'
import { SERVER } from './place.ts'
import type { WidgetStatus } from './status.ts'

declare const __ENGINE__: string

/** What the engine knows of a share's media. */
interface MediaModule {
  openMedia(infoHash: string): Promise<WidgetMedia | null>
  completeMedia(infoHash: string): Promise<WidgetMedia | null>
}

let shown: 'nothing' | 'opening' | 'waiting' | 'player' = 'nothing'

/** In player mode, put a player above `widget` as soon as its download runs; where only complete files can be shown, then. */
export function showPlayer(widget: Element, { state }: WidgetStatus): void {
  if (widget.getAttribute('mode') !== 'player') return
  const infoHash = widget.getAttribute('share') ?? ''
  const isRunning = ['waiting', 'downloading', 'done'].includes(state)
  if ((shown === 'nothing' && isRunning) || (shown === 'waiting' && state === 'done')) {
    const way = shown === 'nothing' ? 'openMedia' : 'completeMedia'
    shown = 'opening'
    void open(widget, infoHash, way).then(next => {
      shown = next
    })
  }
}

async function open(
  widget: Element,
  infoHash: string,
  way: keyof MediaModule,
): Promise<'waiting' | 'player'> {
  try {
    const engine: MediaModule = await import(SERVER + __ENGINE__)
    const media = await engine[way](infoHash)
    if (media) widget.before(player(media))
    return 'player'
  } catch {
    // In a sandbox or a private window, bytes reach no player before they are all here.
    return 'waiting'
  }
}

function player({ captions, kind, name, poster, url }: WidgetMedia): HTMLMediaElement {
  const element = document.createElement(kind)
  element.controls = true
  element.autoplay = true
  element.ariaLabel = name
  if (element instanceof HTMLVideoElement) {
    element.playsInline = true
    if (poster) element.poster = poster
  }
  for (const { label, language, url: src } of captions) {
    const track = document.createElement('track')
    Object.assign(track, { kind: 'captions', src, srclang: language || 'und', label })
    element.append(track)
  }
  element.src = url
  return element
}
