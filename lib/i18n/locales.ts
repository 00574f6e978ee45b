/** Languages with a catalogue, the fallback first. */
export const LOCALES = ['en', 'de', 'fr', 'es', 'ja', 'ar'] as const
export type Locale = (typeof LOCALES)[number]

/** Cookie with the person's choice. */
export const LOCALE_COOKIE = 'locale'

/**
 * The language to answer in: the person's choice if there is one, else the best match of `acceptLanguage`
 * (RFC 9110 section 12.5.4), else English. `among`: the languages there are, English first.
 */
export function chooseLocale<Known extends Locale = Locale>(
  chosen: string | undefined,
  acceptLanguage: string | null,
  among: readonly [Known, ...Known[]] = LOCALES as unknown as readonly [Known, ...Known[]],
): Known {
  const isLocale = (tag: string): tag is Known => among.some(locale => locale === tag)
  if (chosen !== undefined && isLocale(chosen)) return chosen
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map(entry => {
      const [tag = '', ...parameters] = entry.split(';').map(part => part.trim().toLowerCase())
      const weight = parameters.find(parameter => parameter.startsWith('q='))?.slice(2)
      return { language: tag.split('-')[0] ?? '', weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
  return wanted.map(({ language }) => language).find(isLocale) ?? among[0]
}

/** Each language's own name. */
export const LOCALE_NAMES: Readonly<Record<Locale, string>> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  ja: '日本語',
  ar: 'العربية',
}

/** Which way `locale` is written. */
export const directionOf = (locale: Locale): 'ltr' | 'rtl' => (locale === 'ar' ? 'rtl' : 'ltr')
