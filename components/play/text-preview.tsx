import { useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { useFormat } from '../../lib/react/page/use-format.ts'

/** More than anybody reads in a preview, and little enough for a phone to lay out. */
const PREVIEW_MAX_BYTES = 1024 * 1024

interface TextPreviewProps {
  readonly src: string
  readonly name: string
  readonly onReady: () => void
  readonly onFailed: () => void
}

interface Preview {
  readonly text: string
  readonly cut: boolean
}

/** The beginning of a text, as plain text. */
export function TextPreview({ src, name, onReady, onFailed }: TextPreviewProps) {
  const t = useTranslations('play')
  const format = useFormat()
  const [preview, setPreview] = useState<Preview | null>(null)
  const report = useRef({ onReady, onFailed })
  report.current = { onReady, onFailed }
  useEffect(() => {
    const leaving = new AbortController()
    readStart(src, leaving.signal).then(
      loaded => {
        setPreview(loaded)
        report.current.onReady()
      },
      () => {
        if (!leaving.signal.aborted) report.current.onFailed()
      },
    )
    return () => leaving.abort()
  }, [src])
  if (!preview) return null
  return (
    <>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard scrolls what has the focus
        tabIndex={0}
        aria-label={name}
        className="max-h-[70dvh] overflow-auto rounded-control bg-sunken p-4"
      >
        <pre className="whitespace-pre-wrap break-words text-sm [overflow-wrap:anywhere]">{preview.text}</pre>
      </section>
      {preview.cut && (
        <p className="text-muted text-sm">{t('textCut', { size: format.bytes(PREVIEW_MAX_BYTES) })}</p>
      )}
    </>
  )
}

async function readStart(src: string, signal: AbortSignal): Promise<Preview> {
  const response = await fetch(src, { headers: { range: `bytes=0-${PREVIEW_MAX_BYTES - 1}` }, signal })
  // An empty file has no range.
  if (response.status === 416) return { text: '', cut: false }
  if (!response.ok) throw new TypeError(`status ${response.status}`)
  const total = Number(response.headers.get('content-range')?.split('/').at(-1) ?? 0)
  return { text: await response.text(), cut: total > PREVIEW_MAX_BYTES }
}
