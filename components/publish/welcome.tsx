import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { useTerms } from '../../lib/react/page/use-terms.ts'
import { Notice } from '../ui/notice.tsx'
import { ChooseFiles, type ChooseFilesProps } from './choose-files.tsx'

interface WelcomeProps extends ChooseFilesProps {
  readonly disabled: boolean
  /** What has to be known or done before. */
  readonly children: ReactNode
}

const STEPS = ['choose', 'link', 'open'] as const

/** The start page before anything is chosen. */
export function Welcome({ disabled, reading, chooseFiles, chooseFolder, children }: WelcomeProps) {
  const t = useTranslations('publish')
  const tReceive = useTranslations('receive')
  const { receive } = useTerms()
  const tNoScript = useTranslations('noScript')
  return (
    <>
      <div className="pt-6 pb-8 sm:pt-12 sm:pb-10">
        <h1 className="font-bold text-4xl tracking-tight sm:text-5xl">{t('headline')}</h1>
        <p className="mt-3 max-w-xl text-lg text-muted sm:text-xl">{t('lead')}</p>
      </div>
      <div className="mb-4 space-y-4">{children}</div>
      <noscript className="mb-4 block">
        <Notice tone="amber">
          <p>{tNoScript('publish')}</p>
        </Notice>
      </noscript>
      {!disabled && <ChooseFiles reading={reading} chooseFiles={chooseFiles} chooseFolder={chooseFolder} />}
      {receive && (
        <p className="noscript:hidden">
          <Link
            href="/receive"
            className="inline-flex min-h-11 items-center text-muted underline decoration-edge underline-offset-4 hover:text-ink"
          >
            {tReceive('entry')}
          </Link>
        </p>
      )}
      <ol className="mt-10 mb-4 grid gap-6 sm:grid-cols-3">
        {STEPS.map((step, index) => (
          <li key={step} className="flex gap-3 sm:flex-col">
            <span
              aria-hidden="true"
              className="grid size-8 shrink-0 place-items-center rounded-full bg-leaf-soft font-bold text-leaf"
            >
              {index + 1}
            </span>
            <div>
              <h2 className="font-semibold">{t(`steps.${step}Title`)}</h2>
              <p className="text-muted">{t(`steps.${step}`)}</p>
            </div>
          </li>
        ))}
      </ol>
    </>
  )
}
