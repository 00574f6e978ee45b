'use client'

import { useTranslations } from 'next-intl'
import { useState } from 'react'
import {
  FRAME_ALLOW,
  FRAME_HEIGHTS,
  previewPath,
  type SnippetOptions,
  snippetsOf,
} from '../../../lib/embed/snippet.ts'
import { LOCALE_NAMES, LOCALES } from '../../../lib/i18n/locales.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { CopyField } from '../../common/copy-field.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Disclosure } from '../../ui/disclosure.tsx'
import { TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'

const MODES = ['card', 'button', 'player'] as const
const THEMES = ['auto', 'light', 'dark'] as const
const LANGUAGES = ['', ...LOCALES] as const

/** HTML for other websites, with a preview. */
export function EmbedSnippet({ share }: { readonly share: Share }) {
  const t = useTranslations('snippet')
  const [opened, setOpened] = useState(false)
  const [options, setOptions] = useState<SnippetOptions>({ mode: 'card', theme: 'auto', lang: '', label: '' })
  const change = (part: Partial<SnippetOptions>) => setOptions({ ...options, ...part })
  const { frame, markdown, script } = snippetsOf(share, options)
  return (
    <Disclosure title={t('title')} className="card px-4 sm:px-5" onOpen={() => setOpened(true)}>
      <p className="mb-4 text-muted">{t('intro')}</p>
      {share.encrypted && (
        <Notice tone="amber" className="mb-4">
          <p>{t('keyIsPublic')}</p>
        </Notice>
      )}
      <div className="space-y-5">
        <div className="grid gap-4 sm:grid-cols-3">
          <Choice
            label={t('mode')}
            values={MODES}
            value={options.mode}
            nameOf={mode => t(`modes.${mode}`)}
            onChange={mode => change({ mode })}
          />
          <Choice
            label={t('theme')}
            values={THEMES}
            value={options.theme}
            nameOf={theme => t(`themes.${theme}`)}
            onChange={theme => change({ theme })}
          />
          <Choice
            label={t('language')}
            values={LANGUAGES}
            value={options.lang}
            nameOf={lang => (lang === '' ? t('pageLanguage') : LOCALE_NAMES[lang])}
            onChange={lang => change({ lang })}
          />
        </div>
        <TextField
          label={t('label')}
          hint={t('labelHint')}
          value={options.label}
          maxLength={100}
          onChange={({ target }) => change({ label: target.value })}
        />
        {opened && (
          <iframe
            title={t('preview')}
            src={previewPath(share, options)}
            height={FRAME_HEIGHTS[options.mode]}
            allow={FRAME_ALLOW}
            className="w-full max-w-md"
          />
        )}
        <CopyField label={t('script')} value={script} copyLabel={t('copy')} look="primary" />
        <CopyField label={t('frame')} value={frame} copyLabel={t('copyFrame')} />
        <CopyField label={t('markdown')} value={markdown} copyLabel={t('copyMarkdown')} />
      </div>
    </Disclosure>
  )
}
