import { ATTRIBUTES, type WidgetAttribute } from './options.ts'
import { WIDGET_STATES, type WidgetStatus } from './status.ts'

/** From `/embed/<infohash>` to the embedding page; contains nothing secret. */
export type FrameMessage =
  | { readonly tabseed: 'ready' }
  | { readonly tabseed: 'size'; readonly height: number }
  | { readonly tabseed: 'status'; readonly status: WidgetStatus }

/** From the embedding page to `/embed/<infohash>`. Any page may send it: it can do less than a click, because it never saves. */
export type HostMessage =
  | { readonly tabseed: 'start' | 'pause' }
  | { readonly tabseed: 'set'; readonly name: WidgetAttribute; readonly value: string | null }

/** Parse `data` of a `message` event; null when it is no message of the frame. */
export function readFrameMessage(data: unknown): FrameMessage | null {
  if (!isObject(data)) return null
  const { height, status, tabseed } = data
  if (tabseed === 'ready') return { tabseed }
  if (tabseed === 'size' && typeof height === 'number') return { tabseed, height }
  const known = isObject(status) && WIDGET_STATES.some(state => state === status['state'])
  return tabseed === 'status' && known ? { tabseed, status: status as unknown as WidgetStatus } : null
}

/** Parse `data` of a `message` event; null when it is no command. */
export function readHostMessage(data: unknown): HostMessage | null {
  if (!isObject(data)) return null
  const { name, tabseed, value } = data
  if (tabseed === 'start' || tabseed === 'pause') return { tabseed }
  const attribute = ATTRIBUTES.find(known => known === name)
  // Each share has a frame of its own.
  if (tabseed !== 'set' || !attribute || attribute === 'share' || attribute === 'autostart') return null
  return value === null || typeof value === 'string' ? { tabseed, name: attribute, value } : null
}

const isObject = (data: unknown): data is Record<string, unknown> => typeof data === 'object' && data !== null
