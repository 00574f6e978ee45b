import { useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { decodeText, guessEncoding, TEXT_ENCODINGS, type TextEncoding } from '../../lib/play/text-encoding.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'

/** Bytes; more than anyone reads in a preview, and few enough for a phone to lay out. */
const PREVIEW_MAX_BYTES = 1024 * 1024

interface TextPreviewProps {
  readonly src: string
  readonly name: string
  readonly onReady: () => void
  readonly onFailed: () => void
}

interface Preview {
  readonly bytes: Uint8Array
  readonly cut: boolean
}

/** The beginning of a text, as plain text. */
export function TextPreview({ src, name, onReady, onFailed }: TextPreviewProps) {
  const t = useTranslations('play')
  const format = useFormat()
  const [preview, setPreview] = useState<Preview | null>(null)
  const [encoding, setEncoding] = useState<TextEncoding>('utf-8')
  const report = useRef({ onReady, onFailed })
  report.current = { onReady, onFailed }
  useEffect(() => {
    const leaving = new AbortController()
    readStart(src, leaving.signal).then(
      loaded => {
        setEncoding(guessEncoding(loaded.bytes, name))
        setPreview(loaded)
        report.current.onReady()
      },
      () => {
        if (!leaving.signal.aborted) report.current.onFailed()
      },
    )
    return () => leaving.abort()
  }, [src, name])
  if (!preview) return null
  return (
    <>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard scrolls what has the focus
        tabIndex={0}
        aria-label={name}
        className="min-h-0 w-full max-w-5xl overflow-auto rounded-control border border-line bg-surface p-4"
      >
        <pre className="whitespace-pre-wrap break-words text-sm [overflow-wrap:anywhere]">
          {decodeText(preview.bytes, encoding)}
        </pre>
      </section>
      {preview.bytes.some(byte => byte >= 0x80) && (
        <label className="flex flex-wrap items-center gap-2 text-muted text-sm">
          {t('encoding')}
          <select
            value={encoding}
            onChange={event => setEncoding(event.currentTarget.value as TextEncoding)}
            className="min-h-11 rounded-control border border-edge bg-surface px-3"
          >
            {TEXT_ENCODINGS.map(each => (
              <option key={each} value={each}>
                {t(`encodings.${each}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      {preview.cut && (
        <p className="text-muted text-sm">{t('textCut', { size: format.bytes(PREVIEW_MAX_BYTES) })}</p>
      )}
    </>
  )
}

async function readStart(src: string, signal: AbortSignal): Promise<Preview> {
  const response = await fetch(src, { headers: { range: `bytes=0-${PREVIEW_MAX_BYTES - 1}` }, signal })
  // An empty file has no range.
  if (response.status === 416) return { bytes: new Uint8Array(), cut: false }
  if (!response.ok) throw new TypeError(`status ${response.status}`)
  const total = Number(response.headers.get('content-range')?.split('/').at(-1) ?? 0)
  return { bytes: new Uint8Array(await response.arrayBuffer()), cut: total > PREVIEW_MAX_BYTES }
}
