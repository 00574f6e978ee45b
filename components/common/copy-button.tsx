'use client'

import { Check, Copy } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type MouseEvent, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { copyText } from './copy-text.ts'
import { toast } from './toast.ts'

const COPIED_SHOWN_MS = 2000

interface CopyButtonProps {
  readonly text: string
  /** Full accessible name, for people who cannot see what is beside it. */
  readonly label: string
  readonly look?: 'primary' | 'secondary' | 'quiet'
  /**
   * Selects the text where it is shown, for browsers that allow no copying; the person is asked to copy it. Without it the
   * text is shown beside the button then.
   */
  readonly select?: () => void
}

export function CopyButton({ text, label, look = 'secondary', select }: CopyButtonProps) {
  const t = useTranslations('share')
  const [copied, setCopied] = useState(false)
  const [isShown, setShown] = useState(false)
  const copy = async ({ currentTarget }: MouseEvent<HTMLButtonElement>) => {
    if (await copyText(text, currentTarget)) {
      setCopied(true)
      setTimeout(() => setCopied(false), COPIED_SHOWN_MS)
    } else {
      if (select) select()
      else setShown(true)
      toast.error(t('copySelected'))
    }
  }
  const button = (
    <Button look={look} onClick={copy} className="min-w-28">
      {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      <span aria-hidden="true">{copied ? t('copied') : t('copy')}</span>
      <span className="sr-only">{label}</span>
      <span role="status" className="sr-only">
        {copied && t('copied')}
      </span>
    </Button>
  )
  if (!isShown) return button
  return (
    <>
      {button}
      <textarea
        ref={field => field?.select()}
        readOnly
        rows={4}
        value={text}
        aria-label={label}
        className="w-full rounded-control border border-edge bg-page p-3"
      />
    </>
  )
}
