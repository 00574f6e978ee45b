import { FilePlus2, FolderPlus } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { Illustration } from './illustration.tsx'

interface WelcomeProps {
  readonly disabled: boolean
  /** True while the browser lists the files of a dropped folder. */
  readonly reading: boolean
  readonly chooseFiles: () => void
  readonly chooseFolder: () => void
  /** What has to be known or done before. */
  readonly children: ReactNode
}

const STEPS = ['choose', 'link', 'open'] as const

/** The start page before anything is chosen. */
export function Welcome({ disabled, reading, chooseFiles, chooseFolder, children }: WelcomeProps) {
  const t = useTranslations('publish')
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
      {!disabled && (
        <div className="card mb-4 p-2 noscript:hidden">
          <div className="flex flex-col items-center gap-6 rounded-[0.875rem] border-2 border-edge/50 border-dashed px-4 py-10 text-center sm:py-14">
            <Illustration className="h-20 w-28" />
            <div aria-live="polite">
              <h2 className="font-semibold text-2xl">{reading ? t('reading') : t('add')}</h2>
              <p className="mt-1 text-muted pointer-coarse:hidden">{t('dropOrPaste')}</p>
            </div>
            <div className="flex w-full flex-col justify-center gap-3 sm:w-auto sm:flex-row">
              <Button look="primary" size="large" onClick={chooseFiles} disabled={reading}>
                <FilePlus2 aria-hidden="true" />
                {t('chooseFiles')}
              </Button>
              <Button size="large" onClick={chooseFolder} disabled={reading}>
                <FolderPlus aria-hidden="true" />
                {t('chooseFolder')}
              </Button>
            </div>
          </div>
        </div>
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
