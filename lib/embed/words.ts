import { roundDuration } from '../base/format.ts'
import { LOCALES, type Locale } from '../i18n/locales.ts'

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

const FR: Words = {
  download: 'Télécharger',
  play: 'Lire',
  starting: 'Démarrage',
  waiting: "Personne n'a ces fichiers en ligne. Cela commencera tout seul.",
  downloading: 'Téléchargement',
  paused: 'En pause',
  done: 'Complet. Chaque partie est vérifiée.',
  saving: 'Enregistrement',
  saved: 'Enregistré. Chaque partie est vérifiée.',
  pause: 'Pause',
  resume: 'Reprendre',
  retry: 'Réessayer',
  save: 'Enregistrer',
  saveZip: 'Enregistrer en zip',
  open: 'Ouvrir dans Tabseed',
  cannot: 'Impossible ici. Utilisez le lien.',
  blocked: "Si rien n'est enregistré ici, ouvrez cette adresse :",
  upload: 'Partager avec les autres tant que cette page est ouverte',
  uploads: 'Partager avec les autres pendant le téléchargement',
  left: 'encore {time}',
  moment: 'quelques secondes',
  progress: 'Progression',
  newTab: "s'ouvre dans un nouvel onglet",
}

const ES: Words = {
  download: 'Descargar',
  play: 'Reproducir',
  starting: 'Empezando',
  waiting: 'Nadie con estos archivos está conectado. Empezará por sí solo.',
  downloading: 'Descargando',
  paused: 'En pausa',
  done: 'Completo. Cada parte está verificada.',
  saving: 'Guardando',
  saved: 'Guardado. Cada parte está verificada.',
  pause: 'Pausar',
  resume: 'Reanudar',
  retry: 'Intentar de nuevo',
  save: 'Guardar',
  saveZip: 'Guardar como zip',
  open: 'Abrir en Tabseed',
  cannot: 'Aquí no puede funcionar. Usa el enlace.',
  blocked: 'Si aquí no se guarda nada, abre esta dirección:',
  upload: 'Compartir con otros mientras esta página esté abierta',
  uploads: 'Compartir con otros durante la descarga',
  left: 'quedan {time}',
  moment: 'unos segundos',
  progress: 'Progreso',
  newTab: 'se abre en otra pestaña',
}

const JA: Words = {
  download: 'ダウンロード',
  play: '再生',
  starting: '開始しています',
  waiting: 'このファイルを持つ人がオンラインにいません。見つかると自動で始まります。',
  downloading: 'ダウンロード中',
  paused: '一時停止中',
  done: '完了。すべての部分を検証済みです。',
  saving: '保存中',
  saved: '保存しました。すべての部分を検証済みです。',
  pause: '一時停止',
  resume: '再開',
  retry: 'やり直す',
  save: '保存',
  saveZip: 'zipで保存',
  open: 'Tabseedで開く',
  cannot: 'ここでは実行できません。リンクを使ってください。',
  blocked: 'ここで何も保存されない場合は、このアドレスを開いてください：',
  upload: 'このページを開いている間、ほかの人にも送る',
  uploads: 'ダウンロード中、ほかの人にも送る',
  left: '残り{time}',
  moment: '数秒',
  progress: '進行状況',
  newTab: '新しいタブで開きます',
}

const AR: Words = {
  download: 'تنزيل',
  play: 'تشغيل',
  starting: 'يبدأ الآن',
  waiting: 'لا أحد ممن لديهم هذه الملفات متصل الآن. سيبدأ التنزيل من تلقاء نفسه.',
  downloading: 'جارٍ التنزيل',
  paused: 'متوقف مؤقتًا',
  done: 'اكتمل. تم التحقق من كل جزء.',
  saving: 'جارٍ الحفظ',
  saved: 'تم الحفظ. تم التحقق من كل جزء.',
  pause: 'إيقاف مؤقت',
  resume: 'متابعة',
  retry: 'إعادة المحاولة',
  save: 'حفظ',
  saveZip: 'حفظ كملف zip',
  open: 'فتح في Tabseed',
  cannot: 'لا يمكن تشغيله هنا. استخدم الرابط.',
  blocked: 'إذا لم يُحفظ شيء هنا فافتح هذا العنوان:',
  upload: 'المشاركة مع الآخرين ما دامت هذه الصفحة مفتوحة',
  uploads: 'المشاركة مع الآخرين أثناء التنزيل',
  left: 'بقي {time}',
  moment: 'بضع ثوانٍ',
  progress: 'التقدم',
  newTab: 'يُفتح في تبويب جديد',
}

const WORDS: Readonly<Record<Locale, Words>> = { en: EN, de: DE, fr: FR, es: ES, ja: JA, ar: AR }

/** The widget has words of its own, because it loads no catalogue before the click. */
export const wordsOf = (language: Locale): Words => WORDS[language]

/** The language for a BCP 47 tag; English for those we do not have. */
export function chooseLanguage(tag: string): Locale {
  const [language] = tag.toLowerCase().split(/[-_]/)
  return LOCALES.find(locale => locale === language) ?? 'en'
}

/** `seconds` in words (`12 minutes`); empty when they are unknown. */
export function timeText(seconds: number | null, language: Locale): string {
  const duration = roundDuration(seconds)
  if (!duration) return ''
  if (duration.unit === 'moment') return wordsOf(language).moment
  const { unit, value } = duration
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
}
