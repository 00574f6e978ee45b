import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { TextField } from '../ui/field.tsx'

interface NearbyCodeProps {
  readonly code: string | null
  readonly setCode: (code: string | null) => void
}

/** Six digits that bring devices of different networks together. */
export function NearbyCode({ code, setCode }: NearbyCodeProps) {
  const t = useTranslations('nearby')
  const [entered, setEntered] = useState('')
  const digits = entered.replaceAll(/\D/g, '')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (digits.length === 6) setCode(digits)
  }
  return (
    <Disclosure title={t('codeTitle')} className="card px-4 sm:px-6">
      {code === null ? (
        <div className="space-y-4">
          <p className="text-muted">{t('codeText')}</p>
          <Button onClick={() => setCode('new')}>{t('makeCode')}</Button>
          <form onSubmit={submit} className="space-y-3">
            <TextField
              label={t('enterCode')}
              hint={t('enterHint')}
              value={entered}
              inputMode="numeric"
              autoComplete="off"
              maxLength={9}
              onChange={({ target }) => setEntered(target.value)}
            />
            <Button type="submit" disabled={digits.length !== 6}>
              {t('useCode')}
            </Button>
          </form>
        </div>
      ) : (
        <div className="space-y-4">
          <p>
            {t('yourCode')}
            <strong
              data-code={code}
              dir="ltr"
              className="block font-bold text-4xl tabular-nums tracking-widest"
            >
              {code.slice(0, 3)} {code.slice(3)}
            </strong>
          </p>
          <Button onClick={() => setCode(null)}>{t('leaveCode')}</Button>
        </div>
      )}
    </Disclosure>
  )
}
