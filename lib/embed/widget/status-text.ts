import { formatPercent, formatRate } from '../../base/format.ts'
import type { WidgetOptions } from '../options.ts'
import type { WidgetStatus } from '../status.ts'
import { timeText, wordsOf } from '../words.ts'

/** Downloaded part of the share, or saved part of what is being saved, 0 to 1; an empty share is complete once it is `done`. */
export function fractionOf({ downloaded, length, saving, state }: WidgetStatus): number {
  if (saving !== null) return saving
  if (length === 0) return state === 'done' ? 1 : 0
  return downloaded / length
}

/** The button's text; `linkText` is that of the link inside the element, or empty. */
export function buttonText(options: WidgetOptions, { files, state }: WidgetStatus, linkText: string): string {
  const words = wordsOf(options.language)
  switch (state) {
    case 'waiting':
    case 'downloading':
      return words.pause
    case 'paused':
      return words.resume
    case 'done':
      return files > 1 ? words.saveZip : words.save
    case 'error':
      return words.retry
    default:
      return options.label || linkText || (options.mode === 'player' ? words.play : words.download)
  }
}

/** The line below the progress bar, with the figures of a download under way; empty when there is nothing to say. */
export function lineText(status: WidgetStatus, language: WidgetOptions['language']): string {
  const { downloadRate, error, saving, state, timeLeft } = status
  const hasFigures = saving !== null || state === 'downloading' || state === 'paused'
  if (error || !hasFigures) return spokenText(status, language)
  const words = wordsOf(language)
  const percent = formatPercent(fractionOf(status), language)
  if (saving !== null) return `${percent} · ${words.saving}`
  if (state === 'paused') return `${percent} · ${words.paused}`
  const time = timeText(timeLeft, language)
  const parts = [percent, formatRate(downloadRate, language), time && words.left.replace('{time}', time)]
  return parts.filter(part => part !== '').join(' · ')
}

/** Text of this state for screen readers, without figures; empty before the start. */
export function spokenText(
  { error, saved, saving, state }: WidgetStatus,
  language: WidgetOptions['language'],
): string {
  if (error) return error.message
  const words = wordsOf(language)
  if (saving !== null) return words.saving
  switch (state) {
    case 'idle':
    case 'error':
      return ''
    case 'done':
      return saved ? words.saved : words.done
    case 'link':
      return words.cannot
    default:
      return words[state]
  }
}
