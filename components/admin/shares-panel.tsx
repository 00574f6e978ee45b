'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useCallback, useId, useState } from 'react'
import { isEncryptedName } from '../../lib/encryption/outer-name.ts'
import type { FoundShares } from '../../lib/protocol/admin.ts'
import { useLoaded } from '../../lib/react/admin/use-loaded.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { Name } from '../common/name.tsx'
import { Button } from '../ui/button.tsx'
import { SearchField } from '../ui/search-field.tsx'
import { BlockDialog, type Suspect } from './block-dialog.tsx'
import { type PanelProps, Row, Rows, Section, utc } from './panel.tsx'

type Share = FoundShares['shares'][number]

/** Shares, listed or not: searched for, and blocked. */
export function SharesPanel({ client, onChanged, turn }: PanelProps) {
  const t = useTranslations('admin')
  const files = useTranslations('files')
  const shownName = useShownName()
  const id = useId()
  const [words, setWords] = useState('')
  const [search, setSearch] = useState<{ q: string; only: 'reported' | null }>({ q: '', only: null })
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn loads again
  const load = useCallback(() => client.shares({ ...search, offset: null }), [client, search, turn])
  const { error, extend, value } = useLoaded(load)
  const [suspect, setSuspect] = useState<Suspect | null>(null)
  const more = (offset: number) =>
    extend(async ({ shares }) => {
      const next = await client.shares({ ...search, offset })
      return { ...next, shares: [...shares, ...next.shares] }
    })
  return (
    <Section name="shares" title={t('shares')}>
      <search>
        <form
          className="flex flex-wrap items-end gap-3"
          onSubmit={event => {
            event.preventDefault()
            const form = new FormData(event.currentTarget)
            setSearch({ q: words, only: form.get('only') ? 'reported' : null })
          }}
        >
          <div className="grow basis-64">
            <label htmlFor={id} className="mb-1.5 block font-semibold">
              {t('searchLabel')}
            </label>
            <SearchField id={id} value={words} onValue={setWords} clearLabel={files('clear')} />
          </div>
          <label className="flex min-h-11 items-center gap-2">
            <input name="only" type="checkbox" className="size-5 accent-leaf" />
            {t('onlyReported')}
          </label>
          <Button look="primary" type="submit">
            {t('search')}
          </Button>
        </form>
      </search>
      <Rows
        error={error}
        count={value?.shares.length ?? null}
        empty={t('noShares')}
        onMore={value?.next ? () => more(value.next ?? 0) : null}
      >
        {value?.shares.map(share => (
          <ShareRow
            key={share.infoHash}
            share={share}
            onBlock={() => setSuspect({ infoHash: share.infoHash as InfoHash, name: shownName(share) })}
          />
        ))}
      </Rows>
      {suspect && (
        <BlockDialog
          client={client}
          suspect={suspect}
          onChanged={onChanged}
          onClose={() => setSuspect(null)}
        />
      )}
    </Section>
  )
}

/** Of an encrypted share nobody here knows more than its size. */
function useShownName() {
  const t = useTranslations('units')
  const format = useFormat()
  return ({ name, size, title }: Share) =>
    isEncryptedName(name) ? t('encryptedShare', { size: format.bytes(size) }) : title || name
}

function ShareRow({ onBlock, share }: { readonly share: Share; readonly onBlock: () => void }) {
  const t = useTranslations('admin')
  const format = useFormat()
  const name = useShownName()(share)
  const facts = [
    format.bytes(share.size),
    format.files(share.fileCount),
    utc(share.publishedAt),
    share.listed ? t('isListed') : t('isUnlisted'),
    t('haveIt', { count: format.count(share.complete) }),
    ...(share.downloading > 0 ? [t('downloading', { count: format.count(share.downloading) })] : []),
    ...(share.kept === 'yes' ? [t('copyYes')] : []),
    ...(share.kept === 'partial' ? [t('copyPartial', { size: format.bytes(share.have) })] : []),
    ...(share.publisher === null ? [] : [t('by', { name: share.publisher })]),
    ...(share.address === null ? [] : [t('from', { address: share.address })]),
    ...(share.openReports > 0 ? [t('reportCount', { count: share.openReports })] : []),
  ]
  return (
    <Row
      id={share.infoHash}
      actions={
        <Button look="danger" aria-label={t('blockOf', { name })} onClick={onBlock}>
          {t('block')}
        </Button>
      }
    >
      <p className="font-semibold">
        <Link href={`/d/${share.infoHash}`} prefetch={false} className="underline underline-offset-4">
          <Name text={name} />
        </Link>
      </p>
      <p className="text-muted text-sm tabular-nums">
        <Name text={facts.join(' · ')} />
      </p>
      <p className="text-muted text-xs">
        <code>{share.infoHash}</code>
      </p>
    </Row>
  )
}
