'use client'

import { clsx } from 'clsx'
import { CircleCheck, CircleMinus, CircleX, LoaderCircle, TriangleAlert } from 'lucide-react'
import { useSearchParams } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useCallback, useEffect, useState } from 'react'
import { thisTab } from '../../lib/browser/this-tab.ts'
import { examineBrowser } from '../../lib/doctor/browser.ts'
import { CHECKS, type CheckName, type Finding } from '../../lib/doctor/finding.ts'
import { parseInfoHash } from '../../lib/torrent/ids.ts'
import { CopyButton } from '../common/copy-button.tsx'
import { ConnectChoice } from '../connect/connect-choice.tsx'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/checkbox.tsx'

type Findings = Partial<Record<CheckName, Finding>>

const ICONS = { pass: CircleCheck, warn: TriangleAlert, fail: CircleX, skip: CircleMinus }
const COLOURS = { pass: 'text-leaf', warn: 'text-amber', fail: 'text-red', skip: 'text-muted' }

/** What keeps this browser from connecting, each check with its cause and the step that fixes it. */
export function DoctorView() {
  const t = useTranslations('doctor')
  const { findings, again, done } = useFindings()
  const [addresses, setAddresses] = useState(false)
  const count = (result: Finding['result']) => CHECKS.filter(name => findings[name]?.result === result).length
  const failures = count('fail')
  const isLocal = failures === 0 && count('warn') > 0
  return (
    <div className="space-y-6" data-doctor={done ? 'done' : 'looking'}>
      <p role="status" className={clsx('font-semibold text-lg', done && isLocal && 'text-amber')}>
        {!done
          ? t('looking')
          : failures > 0
            ? t('failures', { count: failures })
            : t(isLocal ? 'local' : 'healthy')}
      </p>
      <ul className="card divide-y divide-line px-4 sm:px-5">
        {CHECKS.map(name => (
          <Check key={name} name={name} finding={findings[name]} />
        ))}
      </ul>
      <ConnectChoice />
      <section className="card space-y-3 p-4 sm:p-6">
        <h2 className="font-semibold text-lg">{t('report')}</h2>
        <p className="text-muted">{t('reportWhy')}</p>
        <div className="flex flex-wrap items-center gap-2">
          <CopyButton text={report()} label={t('copyReport')} />
          <Button onClick={again} disabled={!done}>
            {t('again')}
          </Button>
          <span className="flex items-center">
            <Checkbox checked={addresses} label={t('addresses')} onChange={setAddresses} />
            <span aria-hidden="true">{t('addresses')}</span>
          </span>
        </div>
      </section>
    </div>
  )

  function report(): string {
    return CHECKS.flatMap(name => {
      const finding = findings[name]
      if (!finding) return []
      const seen = addresses ? (finding.addresses ?? []) : []
      return [
        `${finding.result}  ${t(`checks.${name}`)}: ${sentence(t, finding, addresses)}`,
        ...seen.map(line => `      ${line}`),
      ]
    }).join('\n')
  }
}

type Translate = ReturnType<typeof useTranslations<'doctor'>>

/** Host names count as addresses too. */
function sentence(t: Translate, { cause, values }: Finding, addresses = true): string {
  const shown =
    addresses || !values ? values : { ...values, ...('own' in values && { own: '…', server: '…' }) }
  return t(`causes.${cause}` as Parameters<Translate>[0], shown as Record<string, string>)
}

function Check({ name, finding }: { readonly name: CheckName; readonly finding: Finding | undefined }) {
  const t = useTranslations('doctor')
  const Icon = finding ? ICONS[finding.result] : LoaderCircle
  return (
    <li
      data-check={name}
      data-result={finding?.result}
      data-cause={finding?.cause}
      className="flex gap-3 py-3"
    >
      <Icon
        aria-hidden="true"
        className={`mt-0.5 size-5 shrink-0 ${finding ? COLOURS[finding.result] : 'text-muted motion-safe:animate-spin'}`}
      />
      <div className="min-w-0">
        <p className="font-semibold">
          {t(`checks.${name}`)}
          <span className="sr-only">: {t(`results.${finding?.result ?? 'looking'}`)}</span>
        </p>
        {/* Room for what most checks find, so that those below stay where they are. */}
        <p className="min-h-12 break-words text-muted sm:min-h-6">{finding && sentence(t, finding)}</p>
        {(finding?.result === 'fail' || finding?.result === 'warn') && (
          <p className="mt-1">{t(`steps.${finding.cause}` as Parameters<Translate>[0])}</p>
        )}
      </div>
    </li>
  )
}

function useFindings() {
  const query = useSearchParams()
  const [findings, setFindings] = useState<Findings>({})
  const [round, setRound] = useState(0)
  const done = CHECKS.every(name => findings[name] !== undefined)
  const infoHash = parseInfoHash(query.get('share') ?? '')
  const tried = Math.max(0, Math.trunc(Number(query.get('tried')) || 0))
  // biome-ignore lint/correctness/useExhaustiveDependencies: every round runs the checks again
  useEffect(() => {
    let stale = false
    setFindings({})
    void examineBrowser(thisTab(), infoHash && { infoHash, tried }, (name, finding) => {
      if (!stale) setFindings(before => ({ ...before, [name]: finding }))
    })
    return () => {
      stale = true
    }
  }, [round, infoHash, tried])
  const again = useCallback(() => setRound(before => before + 1), [])
  return { findings, again, done }
}
