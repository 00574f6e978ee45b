'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { type LibraryEntry, useLibrary } from '../../lib/react/share/use-library.ts'
import { Logo } from '../shell/logo.tsx'
import { Button } from '../ui/button.tsx'
import { LibraryRow } from './library-row.tsx'

/** What this browser stores: downloads, publications, and bytes that belong to neither. */
export function LibraryView() {
  const t = useTranslations('library')
  const library = useLibrary()
  if (!library) return <p className="py-8 text-muted">{t('looking')}</p>
  const { entries } = library
  const sections = (['unfinished', 'finished', 'published', 'leftover'] as const).map(kind => ({
    kind,
    entries: entries.filter(entry => entry.kind === kind),
  }))
  return (
    <div data-library={entries.length} className="space-y-8">
      <SpaceUsed entries={entries} />
      {entries.length === 0 && (
        <div className="flex flex-col items-start gap-4 py-8">
          <Logo className="size-16 opacity-60 grayscale" />
          <p className="max-w-prose text-lg text-muted">{t('empty')}</p>
          <Button asChild look="primary">
            <Link href="/">{t('emptyAction')}</Link>
          </Button>
        </div>
      )}
      {sections.map(
        section =>
          section.entries.length > 0 && (
            <section key={section.kind} aria-labelledby={`library-${section.kind}`}>
              <h2 id={`library-${section.kind}`} className="mb-3 font-bold text-2xl tracking-tight">
                {t(section.kind)}
              </h2>
              <ul className="card divide-y divide-line px-4 sm:px-5">
                {section.entries.map(entry => (
                  <LibraryRow key={entry.infoHash} entry={entry} onDeleted={library.refresh} />
                ))}
              </ul>
            </section>
          ),
      )}
    </div>
  )
}

/** Only the space in use: browsers do not report what is left (Chromium tells everyone the same figure). */
function SpaceUsed({ entries }: { readonly entries: readonly LibraryEntry[] }) {
  const t = useTranslations('library')
  const format = useFormat()
  const used = entries.reduce((sum, { stored }) => sum + stored, 0)
  return (
    <p data-used={used} className="text-muted tabular-nums">
      {t('used', { used: format.bytes(used) })}
    </p>
  )
}
