import type { WidgetMedia } from './engine/media.ts'
import { SERVER } from './place.ts'
import type { WidgetStatus } from './status.ts'

declare const __ENGINE__: string

/** The exports of `lib/embed/engine/engine.ts` used here. */
interface MediaModule {
  openMedia(infoHash: string): Promise<WidgetMedia | null>
  completeMedia(infoHash: string): Promise<WidgetMedia | null>
}

let shown: 'nothing' | 'opening' | 'waiting' | 'player' = 'nothing'

/**
 * In player mode, put a player above `widget` once its download runs; where only complete files can be played, once it is
 * complete.
 */
export function showPlayer(widget: Element, { state }: WidgetStatus): void {
  if (widget.getAttribute('mode') !== 'player') return
  const infoHash = widget.getAttribute('share') ?? ''
  const isRunning = ['waiting', 'downloading', 'done'].includes(state)
  if ((shown === 'nothing' && isRunning) || (shown === 'waiting' && state === 'done')) {
    const load = shown === 'nothing' ? 'openMedia' : 'completeMedia'
    shown = 'opening'
    void open(widget, infoHash, load).then(next => {
      shown = next
    })
  }
}

async function open(
  widget: Element,
  infoHash: string,
  load: keyof MediaModule,
): Promise<'waiting' | 'player'> {
  try {
    const engine: MediaModule = await import(SERVER + __ENGINE__)
    const media = await engine[load](infoHash)
    if (media) widget.before(player(media))
    return 'player'
  } catch {
    // Without a service worker (in a sandbox or a private window) only a complete file can be played.
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
