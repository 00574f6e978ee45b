import { roundDuration } from '../base/format.ts'

const EN = {
  download: 'Download',
  play: 'Play',
  starting: 'Starting',
  waiting: 'Nobody with these files is online. It starts by itself.',
  downloading: 'Downloading',
  paused: 'Paused',
  done: 'Complete. Every part is verified.',
  saving: 'Saving',
  saved: 'Saved. Every part is verified.',
  pause: 'Pause',
  resume: 'Resume',
  retry: 'Try again',
  save: 'Save',
  saveZip: 'Save as zip',
  open: 'Open in Tabseed',
  cannot: 'It cannot run here. Use the link.',
  blocked: 'If nothing is saved here, open this address:',
  upload: 'Share with others while this page is open',
  uploads: 'Share with others while downloading',
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
  waiting: 'Niemand mit diesen Dateien ist online. Es beginnt von selbst.',
  downloading: 'Wird geladen',
  paused: 'Angehalten',
  done: 'Vollständig. Jeder Teil ist geprüft.',
  saving: 'Wird gespeichert',
  saved: 'Gespeichert. Jeder Teil ist geprüft.',
  pause: 'Anhalten',
  resume: 'Fortsetzen',
  retry: 'Erneut versuchen',
  save: 'Speichern',
  saveZip: 'Als Zip speichern',
  open: 'In Tabseed öffnen',
  cannot: 'Hier kann es nicht laufen. Nimm den Link.',
  blocked: 'Wenn hier nichts gespeichert wird, öffne diese Adresse:',
  upload: 'Mit anderen teilen, solange diese Seite offen ist',
  uploads: 'Beim Laden mit anderen teilen',
  left: 'noch {time}',
  moment: 'wenige Sekunden',
  progress: 'Fortschritt',
  newTab: 'öffnet einen neuen Tab',
}

const WORDS = { en: EN, de: DE } satisfies Record<string, Words>
export type Language = keyof typeof WORDS

/** The widget has words of its own, because it loads no catalogue before the click. */
export const wordsOf = (language: Language): Words => WORDS[language]

/** The language for a BCP 47 tag; English for those we do not have. */
export const chooseLanguage = (tag: string): Language => (/^de\b/i.test(tag) ? 'de' : 'en')

/** `seconds` in words (`12 minutes`); empty when they are unknown. */
export function timeText(seconds: number | null, language: Language): string {
  const duration = roundDuration(seconds)
  if (!duration) return ''
  if (duration.unit === 'moment') return wordsOf(language).moment
  const { unit, value } = duration
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
}
