'use client'

import { useTranslations } from 'next-intl'
import { type ComponentProps, useState } from 'react'
import { readSharedLimits, saveSharedLimits } from '../../lib/browser/records/shared-limits.ts'
import { thisTab } from '../../lib/browser/this-tab.ts'
import type { RateLimits, SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import { useInBrowser } from '../../lib/react/page/use-in-browser.ts'
import { Disclosure } from '../ui/disclosure.tsx'
import { TextField } from '../ui/field.tsx'

const MB = 1e6

/** Upload and download limits of this share, and of all shares of this browser together. */
export function Limits({ swarm }: { readonly swarm: SwarmSnapshot }) {
  const t = useTranslations('limits')
  const inBrowser = useInBrowser()
  return (
    <Disclosure title={t('title')} className="card px-4 sm:px-5">
      <div className="grid gap-6 pb-2 sm:grid-cols-2">
        <LimitPair
          legend={t('share')}
          names={{ download: t('download'), upload: t('upload') }}
          limits={swarm.limits}
          onChange={limits => thisTab().session.setLimits(swarm.infoHash, limits)}
        />
        {inBrowser && (
          <LimitPair
            legend={t('all')}
            names={{ download: t('downloadAll'), upload: t('uploadAll') }}
            limits={readSharedLimits()}
            onChange={limits => {
              saveSharedLimits(limits)
              thisTab().engine.setLimits(null, limits)
            }}
          />
        )}
      </div>
    </Disclosure>
  )
}

interface LimitPairProps {
  readonly legend: string
  readonly names: Readonly<Record<keyof RateLimits, string>>
  /** The limits when the fields are first shown. */
  readonly limits: RateLimits
  readonly onChange: (limits: RateLimits) => void
}

function LimitPair({ legend, names, limits, onChange }: LimitPairProps) {
  const [current, setCurrent] = useState(limits)
  const change = (part: Partial<RateLimits>) => {
    const next = { ...current, ...part }
    setCurrent(next)
    onChange(next)
  }
  return (
    <fieldset className="space-y-4">
      <legend className="mb-2 font-semibold text-muted">{legend}</legend>
      <LimitField label={names.download} limit={limits.download} onLimit={download => change({ download })} />
      <LimitField label={names.upload} limit={limits.upload} onLimit={upload => change({ upload })} />
    </fieldset>
  )
}

interface LimitFieldProps extends Pick<ComponentProps<typeof TextField>, 'label'> {
  /** Bytes a second; null: none. */
  readonly limit: number | null
  readonly onLimit: (limit: number | null) => void
}

/** Megabytes a second; takes effect while typing, and invalid input changes nothing. */
function LimitField({ label, limit, onLimit }: LimitFieldProps) {
  const t = useTranslations('limits')
  const [invalid, setInvalid] = useState(false)
  return (
    <div>
      <TextField
        label={label}
        hint={t('hint')}
        type="number"
        inputMode="decimal"
        min={0}
        step="any"
        defaultValue={limit === null ? '' : limit / MB}
        aria-invalid={invalid}
        onChange={({ target }) => {
          const none = target.value === '' && !target.validity.badInput
          const wrong = !none && !(target.valueAsNumber > 0)
          setInvalid(wrong)
          if (!wrong) onLimit(none ? null : target.valueAsNumber * MB)
        }}
      />
      <p role="status" className="mt-1 text-red text-sm">
        {invalid && t('invalid')}
      </p>
    </div>
  )
}
