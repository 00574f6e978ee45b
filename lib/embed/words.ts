import { roundDuration } from '../base/format.ts'

const EN = {
  download: 'Download',
  play: 'Play',
  starting: 'Starting',
  waiting: 'Nobody who has it is connected. It starts by itself.',
  downloading: 'Downloading',
  paused: 'Paused',
  done: 'Complete. Every part is checked.',
  saved: 'Saved. Every part is checked.',
  pause: 'Pause',
  resume: 'Resume',
  retry: 'Try again',
  save: 'Save',
  saveZip: 'Save as zip',
  open: 'Open in Tabseed',
  cannot: 'It cannot run here. Use the link.',
  upload: 'Give to others while this page is open',
  uploads: 'While you download, this page also gives parts to others.',
  left: '{time} left',
  moment: 'a few seconds',
  progress: 'Progress',
  newTab: 'opens in a new tab',
} as const

export type Words = Readonly<Record<keyof typeof EN, string>>

const DE: Words = {
  download: 'Herunterladen',
  play: 'Abspielen',
  starting: 'Startet',
  waiting: 'Niemand, der es hat, ist verbunden. Es beginnt von selbst.',
  downloading: 'Wird geladen',
  paused: 'Angehalten',
  done: 'Vollständig. Jeder Teil ist geprüft.',
  saved: 'Gespeichert. Jeder Teil ist geprüft.',
  pause: 'Anhalten',
  resume: 'Fortsetzen',
  retry: 'Erneut versuchen',
  save: 'Speichern',
  saveZip: 'Als Zip speichern',
  open: 'In Tabseed öffnen',
  cannot: 'Hier kann es nicht laufen. Nimm den Link.',
  upload: 'An andere geben, solange diese Seite offen ist',
  uploads: 'Während du lädst, gibt diese Seite Teile auch an andere.',
  left: 'noch {time}',
  moment: 'wenige Sekunden',
  progress: 'Fortschritt',
  newTab: 'öffnet einen neuen Tab',
}

const WORDS = { en: EN, de: DE } satisfies Record<string, Words>
export type Language = keyof typeof WORDS

/** The widget's own words: it loads no catalogue before the click. */
export const wordsOf = (language: Language): Words => WORDS[language]

/** The language for a BCP 47 tag; English for those we do not have. */
export const chooseLanguage = (tag: string): Language => (/^de\b/i.test(tag) ? 'de' : 'en')

/** `seconds` as a person says them, or empty when there is nothing to say: `12 minutes`. */
export function timeText(seconds: number | null, language: Language): string {
  const duration = roundDuration(seconds)
  if (!duration) return ''
  if (duration.unit === 'moment') return wordsOf(language).moment
  const { unit, value } = duration
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
}
