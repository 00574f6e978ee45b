'use client'

import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { fetchIce } from '../../lib/api/client.ts'
import { readConnectMode, saveConnectMode, stricter } from '../../lib/network/connect-mode.ts'
import { hasRelay, iceServersOf } from '../../lib/network/ice.ts'
import { CONNECT_MODES, type ConnectMode } from '../../lib/protocol/share-values.ts'
import { useInBrowser } from '../../lib/react/page/use-in-browser.ts'
import { useIsServerOnly } from '../../lib/react/page/use-missing-capability.ts'
import { toast } from '../common/toast.ts'
import { Disclosure, Unavailable } from '../ui/disclosure.tsx'

/** How this browser connects, for every share it opens from now on. The operator's choice is the least strict. */
export function ConnectChoice() {
  const t = useTranslations('connect')
  const errors = useTranslations('errors')
  const inBrowser = useInBrowser()
  const isServerOnly = useIsServerOnly()
  const [chosen, setMode] = useState<ConnectMode>()
  // The server knows no choice of this browser, but leaves the room for it: a panel that came late would move the
  // others from under the pointer.
  const mode = chosen ?? (inBrowser ? readConnectMode() : 'direct')
  const [least, setLeast] = useState<ConnectMode>('direct')
  const [canRelay, setCanRelay] = useState(true)
  const ask = () => {
    // If the server does not answer, the choice stays.
    void fetchIce().then(
      ice => {
        setLeast(ice.connect)
        setCanRelay(hasRelay(iceServersOf(ice)))
      },
      () => undefined,
    )
  }
  const choose = (next: ConnectMode) => {
    setMode(next)
    try {
      saveConnectMode(next)
    } catch {
      toast.error(t('notKept'))
    }
  }
  if (isServerOnly) {
    return (
      <div className="card px-4 sm:px-5">
        <Unavailable title={t('title', { mode: t('server.name') })} reason={errors('webrtc_missing')} />
      </div>
    )
  }
  const effective = stricter(mode, least)
  /** Whoever chose it before is told as well, and can leave it. */
  const lacksRelay = (option: ConnectMode) => option === 'relay' && !canRelay
  return (
    <Disclosure
      title={t('title', { mode: t(`${mode}.name`) })}
      onOpen={ask}
      className="card px-4 sm:px-5 noscript:hidden"
    >
      <fieldset data-connect={effective} className="space-y-3 pb-2">
        <legend className="mb-2 text-muted text-sm">{t('lead')}</legend>
        {CONNECT_MODES.map(option => (
          <label
            key={option}
            data-unavailable={lacksRelay(option) || undefined}
            className="flex min-h-11 items-start gap-3 has-disabled:text-muted"
          >
            <input
              type="radio"
              name="connect"
              value={option}
              checked={effective === option}
              disabled={stricter(option, least) !== option || (lacksRelay(option) && effective !== option)}
              onChange={() => choose(option)}
              className="mt-1 size-5 shrink-0 accent-leaf"
            />
            <span>
              <span className="block font-semibold">{t(`${option}.name`)}</span>
              <span className="block text-muted text-sm">{t(`${option}.text`)}</span>
              {lacksRelay(option) && <span className="block text-amber text-sm">{t('noRelay')}</span>}
            </span>
          </label>
        ))}
        {least !== 'direct' && <p className="text-muted text-sm">{t('operator')}</p>}
      </fieldset>
    </Disclosure>
  )
}
