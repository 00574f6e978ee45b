import { ATTRIBUTES, type WidgetAttribute } from './options.ts'
import { WIDGET_STATES, type WidgetStatus } from './status.ts'

/** From `/embed/<infohash>` to the page around it; nothing in it is secret. */
export type FrameMessage =
  | { readonly tabseed: 'ready' }
  | { readonly tabseed: 'size'; readonly height: number }
  | { readonly tabseed: 'status'; readonly status: WidgetStatus }

/** From the page around to `/embed/<infohash>`. Any page may send it: it can do no more than the person's own clicks, and saves nothing. */
export type HostMessage =
  | { readonly tabseed: 'start' | 'pause' }
  | { readonly tabseed: 'set'; readonly name: WidgetAttribute; readonly value: string | null }

/** `data` of a `message` event as one of ours, or null. */
export function readFrameMessage(data: unknown): FrameMessage | null {
  if (!isObject(data)) return null
  const { height, status, tabseed } = data
  if (tabseed === 'ready') return { tabseed }
  if (tabseed === 'size' && typeof height === 'number') return { tabseed, height }
  const known = isObject(status) && WIDGET_STATES.some(state => state === status['state'])
  return tabseed === 'status' && known ? { tabseed, status: status as unknown as WidgetStatus } : null
}

/** `data` of a `message` event as one of ours, or null. */
export function readHostMessage(data: unknown): HostMessage | null {
  if (!isObject(data)) return null
  const { name, tabseed, value } = data
  if (tabseed === 'start' || tabseed === 'pause') return { tabseed }
  const attribute = ATTRIBUTES.find(known => known === name)
  // Another share is another frame.
  if (tabseed !== 'set' || !attribute || attribute === 'share' || attribute === 'autostart') return null
  return value === null || typeof value === 'string' ? { tabseed, name: attribute, value } : null
}

const isObject = (data: unknown): data is Record<string, unknown> => typeof data === 'object' && data !== null
