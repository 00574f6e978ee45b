import type { Locale } from '../i18n/locales.ts'
import { chooseLanguage } from './words.ts'

type WidgetMode = 'button' | 'card' | 'player'

/** The attributes of the element, parsed and validated. */
export interface WidgetOptions {
  /** Info hash in lower case; null: only the link inside is shown. */
  readonly share: string | null
  /** Of an encrypted share, what is behind the `#` of its link; null: none. */
  readonly key: string | null
  readonly mode: WidgetMode
  /** `auto` follows the system. */
  readonly theme: 'light' | 'dark' | 'auto'
  /** `#rrggbb` or null. */
  readonly accent: string | null
  readonly language: Locale
  /** Text of the button, or empty. */
  readonly label: string
  /** Shown on the card before the share is loaded; empty and 0: nothing. */
  readonly name: string
  readonly size: number
  /** 64 hex digits or null: displayed only; files are verified against the info hash. */
  readonly sha256: string | null
  readonly autostart: boolean
  readonly webSeedOnly: boolean
  readonly noUpload: boolean
}

/** Every observed attribute; `/embed/<infohash>` takes them in its query, except `share`, and `key`, which is behind its `#`. */
export const ATTRIBUTES = [
  'share',
  'key',
  'mode',
  'theme',
  'accent',
  'lang',
  'label',
  'name',
  'size',
  'sha256',
  'autostart',
  'web-seed-only',
  'no-upload',
] as const
export type WidgetAttribute = (typeof ATTRIBUTES)[number]

const LABEL_MAX = 200

/**
 * Read the options through `get`, which works like `Element.getAttribute`. Invalid values count as missing. `language`, a
 * BCP 47 tag, is used without `lang`.
 */
export function readOptions(get: (name: WidgetAttribute) => string | null, language: string): WidgetOptions {
  const text = (name: WidgetAttribute) => get(name)?.trim() ?? ''
  const matching = (name: WidgetAttribute, pattern: RegExp) => {
    const value = text(name).toLowerCase()
    return pattern.test(value) ? value : null
  }
  // HTML's boolean attributes are true whatever their value, but frameworks write "false" and mean it.
  const flag = (name: WidgetAttribute) => get(name) !== null && text(name) !== 'false'
  return {
    share: matching('share', /^[0-9a-f]{40}$/),
    // Its letters are of either case, and what it has in it is checked when it is used.
    key: text('key') === '' ? null : text('key').slice(0, LABEL_MAX),
    mode: (matching('mode', /^(button|card|player)$/) ?? 'card') as WidgetMode,
    theme: (matching('theme', /^(light|dark)$/) ?? 'auto') as WidgetOptions['theme'],
    accent: matching('accent', /^#[0-9a-f]{6}$/),
    language: chooseLanguage(text('lang') || language),
    label: text('label').slice(0, LABEL_MAX),
    name: text('name').slice(0, LABEL_MAX),
    size: Number(matching('size', /^\d{1,15}$/) ?? 0),
    sha256: matching('sha256', /^[0-9a-f]{64}$/),
    autostart: flag('autostart'),
    webSeedOnly: flag('web-seed-only'),
    noUpload: flag('no-upload'),
  }
}
