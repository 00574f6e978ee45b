'use client'

import { Check, Copy } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { toast } from 'sonner'
import { Button } from '../ui/button.tsx'

const COPIED_SHOWN_MS = 2000

interface CopyButtonProps {
  readonly text: string
  /** Its whole name, for those who don't see what stands beside it. */
  readonly label: string
  readonly look?: 'primary' | 'secondary' | 'quiet'
}

export function CopyButton({ text, label, look = 'secondary' }: CopyButtonProps) {
  const t = useTranslations('share')
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
      setTimeout(() => setCopied(false), COPIED_SHOWN_MS)
    } catch {
      toast.error(t('copyFailed'))
    }
  }
  return (
    <Button look={look} onClick={copy} className="min-w-28">
      {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      <span aria-hidden="true">{copied ? t('copied') : t('copy')}</span>
      <span className="sr-only">{label}</span>
      <span role="status" className="sr-only">
        {copied && t('copied')}
      </span>
    </Button>
  )
}
